/**
 * `node:zlib` in a browser, as far as volumes and PNG pictures need it.
 *
 * @module
 */

// @ts-types="./pako.d.ts"
import { Inflate } from "pako";

const TABLE = Uint32Array.from({ length: 256 }, (_, byte) => {
  let value = byte;
  for (let bit = 0; bit < 8; bit++) value = value & 1 ? 0xedb88320 ^ value >>> 1 : value >>> 1;
  return value;
});

/** The checksum of gzip. See Node's function. */
export function crc32(bytes: Uint8Array, before = 0): number {
  let checksum = ~before;
  for (const byte of bytes) checksum = TABLE[(checksum ^ byte) & 255]! ^ checksum >>> 8;
  return ~checksum >>> 0;
}

/** A stream that inflates; what it has done when a write is done is as in Node. */
class InflateRaw {
  /** Bytes of the stream that were taken: those behind its end are not. */
  bytesWritten = 0;
  errored: Error | null = null;
  readonly #inflate: Inflate;
  #onError: (error: Error) => void = () => {};

  constructor(chunkSize: number) {
    this.#inflate = new Inflate({ raw: true, chunkSize });
  }

  on(event: "data", listener: (part: Uint8Array) => void): this;
  on(event: "error", listener: (error: Error) => void): this;
  on(event: string, listener: (value: never) => void): this {
    if (event === "data") this.#inflate.onData = listener as (part: Uint8Array) => void;
    else this.#onError = listener as (error: Error) => void;
    return this;
  }

  write(piece: Uint8Array, done: () => void): void {
    const inflate = this.#inflate;
    if (!inflate.ended) {
      inflate.push(piece, false);
      this.bytesWritten += piece.length - inflate.strm.avail_in;
    }
    if (inflate.err !== 0) this.#onError(this.errored = new Error(inflate.msg));
    done();
  }

  destroy(): void {}
}

/** See Node's function. */
export function createInflateRaw({ chunkSize }: { chunkSize: number }): InflateRaw {
  return new InflateRaw(chunkSize);
}

/**
 * See Node's function.
 *
 * @throws {Error} If the stream is damaged.
 * @throws {RangeError} If it inflates to more than `maxOutputLength`.
 */
export function inflateSync(
  bytes: Uint8Array,
  { maxOutputLength }: { maxOutputLength: number },
): Uint8Array {
  const parts: Uint8Array[] = [];
  let length = 0;
  const inflate = new Inflate({ chunkSize: 65536 });
  inflate.onData = (part) => {
    length += part.length;
    if (length > maxOutputLength) throw new RangeError(`More than ${maxOutputLength} bytes`);
    parts.push(part);
  };
  inflate.push(bytes, true);
  if (inflate.err !== 0) throw new Error(inflate.msg);
  if (!inflate.ended) throw new Error("unexpected end of file");
  const whole = new Uint8Array(length);
  for (const part of parts.reverse()) whole.set(part, length -= part.length);
  return whole;
}

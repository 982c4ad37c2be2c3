/**
 * Reading a file from front to back, inflated on the way where it is gzipped.
 *
 * @module
 */

import { Readable } from "node:stream";
import { createGunzip } from "node:zlib";
import { InputError } from "../support/errors.ts";

/** gzip packs at best 1032 bytes into one. */
const GZIP_BEST_RATIO = 1032;

/**
 * The bytes of a file in order, only as far as they are asked for, so that a header can be looked
 * at before gigabytes are inflated. Gzip is told by the content, not by the name; several gzip
 * members in one file read as one stream, and the checksum counts.
 */
export class ByteReader {
  /** The most bytes that can come out of this file. */
  readonly most: number;
  /** Whether the file is gzipped. */
  readonly compressed: boolean;
  #path: string;
  #chunks: AsyncIterator<Uint8Array>;
  #pending: Uint8Array = new Uint8Array(0);

  private constructor(path: string, file: Deno.FsFile, size: number, compressed: boolean) {
    this.#path = path;
    this.compressed = compressed;
    this.most = compressed ? size * GZIP_BEST_RATIO : size;
    const stream = Readable.from(file.readable);
    if (compressed) {
      const gunzip = createGunzip();
      stream.once("error", (error) => gunzip.destroy(error));
      gunzip.once("close", () => stream.destroy());
      this.#chunks = stream.pipe(gunzip)[Symbol.asyncIterator]();
    } else {
      this.#chunks = stream[Symbol.asyncIterator]();
    }
  }

  /**
   * Opens a file.
   *
   * @throws {InputError} where it is missing, a folder, or must not be read.
   */
  static async open(path: string): Promise<ByteReader> {
    let file: Deno.FsFile | undefined;
    try {
      file = await Deno.open(path);
      const { size, isFile } = await file.stat();
      if (!isFile) throw new Deno.errors.IsADirectory();
      const magic = new Uint8Array(2);
      await file.read(magic);
      await file.seek(0, Deno.SeekMode.Start);
      return new ByteReader(path, file, size, magic[0] === 0x1f && magic[1] === 0x8b);
    } catch (error) {
      file?.close();
      throw new InputError(`Cannot read volume: ${reason(error)}`, {
        code: "bad-nifti",
        path,
        cause: error,
      });
    }
  }

  /**
   * The next bytes, in a buffer of their own.
   *
   * @param count How many; fewer come at the end of the file.
   * @throws {InputError} where the gzip stream is damaged or the memory does not suffice.
   */
  async read(count: number): Promise<Uint8Array<ArrayBuffer>> {
    const bytes = this.#allocate(count);
    let filled = 0;
    while (filled < count && (this.#pending.length > 0 || await this.#pull())) {
      const part = this.#pending.subarray(0, count - filled);
      bytes.set(part, filled);
      filled += part.length;
      this.#pending = this.#pending.subarray(part.length);
    }
    return filled === count ? bytes : bytes.slice(0, filled);
  }

  /**
   * Reads on without keeping anything.
   *
   * @param limit Where to stop.
   * @returns How many bytes came; more than the limit where there were more.
   * @throws {InputError} where the gzip stream is damaged.
   */
  async skip(limit: number): Promise<number> {
    let count = this.#pending.length;
    while (count <= limit && await this.#pull()) count += this.#pending.length;
    this.#pending = new Uint8Array(0);
    return count;
  }

  /** Closes the file, read to its end or not. */
  async close(): Promise<void> {
    await this.#chunks.return?.();
  }

  async #pull(): Promise<boolean> {
    try {
      const { done, value } = await this.#chunks.next();
      if (done) return false;
      this.#pending = value;
      return true;
    } catch (error) {
      throw new InputError(`Cannot read volume: ${reason(error)}`, {
        code: "bad-nifti",
        path: this.#path,
        hint: this.compressed ? "Copy or download the file again" : "",
        cause: error,
      });
    }
  }

  #allocate(count: number): Uint8Array<ArrayBuffer> {
    try {
      return new Uint8Array(count);
    } catch (error) {
      throw new InputError(
        `Cannot read volume: ${(count / 1e9).toFixed(1)} GB do not fit into memory`,
        { code: "bad-nifti", path: this.#path, cause: error },
      );
    }
  }
}

function reason(error: unknown): string {
  if (error instanceof Deno.errors.NotFound) return "no such file";
  if (error instanceof Deno.errors.IsADirectory) return "it is not a file";
  const message = error instanceof Error ? error.message : String(error);
  if (message === "unexpected end of file") return "gzip stream ends early";
  if (/incorrect|invalid/.test(message)) return `gzip stream is damaged (${message})`;
  return message;
}

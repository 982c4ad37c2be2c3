import { crc32, createInflateRaw } from "node:zlib";
import { PieceReader } from "./piece_reader.ts";

/** Flags in the fourth byte of a gzip member's header (RFC 1952). */
const FLAGS = { checksum: 2, extra: 4, name: 8, comment: 16 };

/**
 * Inflates a gzip file: one member or several, one after the other. Zeros after the last one are
 * padding. Anything else after it is reported and ignored; `node:zlib` would reject the whole file.
 *
 * @param onTrailing Called with the number of bytes after the last member that are not padding.
 * @throws {SyntaxError} If a member is damaged or incomplete.
 */
export async function* gunzip(
  pieces: AsyncIterable<Uint8Array<ArrayBuffer>>,
  onTrailing: (count: number) => void,
): AsyncGenerator<Uint8Array> {
  const input = new PieceReader(pieces);
  for (let members = 0;; members++) {
    const start = await input.read(3);
    const isMember = start[0] === 0x1f && start[1] === 0x8b && start[2] === 8;
    if (!isMember && members > 0) {
      const trailing = await countTrailing(start, input);
      if (trailing > 0) onTrailing(trailing);
      return;
    }
    if (!isMember) throw new SyntaxError("gzip stream is damaged (no gzip header)");
    await skipHeader(input);
    yield* inflateMember(input);
  }
}

/** Whether a file starts as a gzip file does. */
export function isGzip(start: Uint8Array): boolean {
  return start[0] === 0x1f && start[1] === 0x8b;
}

/** Bytes from the first that is not zero on. */
async function countTrailing(start: Uint8Array, input: PieceReader): Promise<number> {
  let count = 0;
  for (let piece = start; piece.length > 0; piece = await input.next()) {
    if (count === 0) {
      const first = piece.findIndex((byte) => byte !== 0);
      if (first !== -1) count = piece.length - first;
    } else count += piece.length;
  }
  return count;
}

/** Reads the rest of a member's header, from its flags on. */
async function skipHeader(input: PieceReader): Promise<void> {
  const exactly = async (count: number) => {
    const bytes = await input.read(count);
    if (bytes.length < count) throw new SyntaxError("gzip stream ends early");
    return bytes;
  };
  const flags = (await exactly(7))[0]!;
  if (flags & FLAGS.extra) {
    const [low, high] = await exactly(2);
    await exactly(low! + 256 * high!);
  }
  for (const text of [FLAGS.name, FLAGS.comment]) {
    if (flags & text) { while ((await exactly(1))[0] !== 0); }
  }
  if (flags & FLAGS.checksum) await exactly(2);
}

async function* inflateMember(input: PieceReader): AsyncGenerator<Uint8Array> {
  const inflate = createInflateRaw({ chunkSize: 2 ** 18 });
  const parts: Uint8Array[] = [];
  inflate.on("data", (part) => parts.push(part));
  const failed = new Promise<never>((_, reject) => {
    inflate.on("error", ({ message }) => {
      reject(new SyntaxError(`gzip stream is damaged (${message})`));
    });
  });
  failed.catch(() => {}); // it may fail after the last await
  let checksum = 0;
  let size = 0;
  try {
    for (let fed = 0;;) {
      const piece = await input.next();
      if (piece.length === 0) throw new SyntaxError("gzip stream ends early");
      const written = new Promise<void>((resolve) => inflate.write(piece, () => resolve()));
      await Promise.race([written, failed]);
      if (inflate.errored) await failed; // it is reported after the piece was consumed
      fed += piece.length;
      for (const part of parts.splice(0)) {
        checksum = crc32(part, checksum);
        size += part.length;
        yield part;
      }
      const left = fed - inflate.bytesWritten;
      if (left === 0) continue; // more of this member, or its trailer, is still to come
      input.unread(piece.subarray(piece.length - left));
      break;
    }
  } finally {
    inflate.destroy();
  }
  const trailer = await input.read(8);
  if (trailer.length < 8) throw new SyntaxError("gzip stream ends early");
  const view = new DataView(trailer.buffer);
  if (view.getUint32(0, true) !== checksum || view.getUint32(4, true) !== size % 2 ** 32) {
    throw new SyntaxError("gzip stream is damaged (incorrect checksum)");
  }
}

/**
 * Reading a volume's file from front to back, inflated on the way where it is gzipped.
 *
 * @module
 */

import { InputError } from "../support/errors.ts";
import type { ReadableFile } from "../support/memory_files.ts";
import { openRegularFile, readError } from "../support/read_file.ts";
import { gunzip, isGzip } from "./gunzip.ts";
import { PieceReader } from "./piece_reader.ts";

/** gzip packs at best 1032 bytes into one. */
const GZIP_BEST_RATIO = 1032;
/** What is read from the disk at once; inflated it is at most 64 MiB. */
const PIECE = 65536;
const PURPOSE = { what: "volume", code: "bad-nifti" } as const;

/**
 * The bytes of a file in order, only as far as they are asked for, so that a header can be looked
 * at before gigabytes are inflated. Gzip is told by the content, not by the name; several gzip
 * members in one file read as one stream, and the checksum counts.
 */
export class ByteReader implements Disposable {
  /** The most bytes that can come out of this file. */
  readonly most: number;
  /** Whether the file is gzipped. */
  readonly compressed: boolean;
  /** What was odd about the file so far. */
  readonly warnings: string[] = [];
  #path: string;
  #file: ReadableFile;
  #bytes: PieceReader;

  private constructor(path: string, file: ReadableFile, size: number, first: Piece) {
    this.#path = path;
    this.#file = file;
    this.compressed = isGzip(first);
    this.most = this.compressed ? size * GZIP_BEST_RATIO : size;
    const pieces = piecesOf(file, first);
    this.#bytes = new PieceReader(
      this.compressed
        ? gunzip(pieces, (count) =>
          this.warnings.push(
            `${count} byte${count === 1 ? "" : "s"} behind the end of the gzip stream are left out`,
          ))
        : pieces,
    );
  }

  /**
   * Opens a file.
   *
   * @throws {InputError} where it is missing, no regular file, or must not be read.
   */
  static async open(path: string): Promise<ByteReader> {
    const { file, size } = await openRegularFile(path, PURPOSE);
    try {
      return new ByteReader(path, file, size, await readPiece(file));
    } catch (error) {
      file.close();
      throw await readError(error, path, PURPOSE);
    }
  }

  /**
   * Fills an array with the next bytes.
   *
   * @returns How many came; fewer at the end of the file.
   * @throws {InputError} where the gzip stream is damaged or the disk fails.
   */
  async readInto(bytes: Uint8Array): Promise<number> {
    return await this.#attempt(() => this.#bytes.readInto(bytes));
  }

  /**
   * The next bytes, in a buffer of their own; fewer at the end of the file.
   *
   * @throws {InputError} as {@linkcode ByteReader.readInto} does.
   */
  async read(count: number): Promise<Uint8Array<ArrayBuffer>> {
    return await this.#attempt(() => this.#bytes.read(count));
  }

  /**
   * Reads on without keeping anything.
   *
   * @param count How many bytes.
   * @returns How many came; fewer at the end of the file.
   * @throws {InputError} as {@linkcode ByteReader.readInto} does.
   */
  async skip(count: number): Promise<number> {
    return await this.#attempt(() => this.#bytes.skip(count));
  }

  /** Closes the file, read to its end or not. */
  [Symbol.dispose](): void {
    this.#file.close();
  }

  async #attempt<T>(read: () => Promise<T>): Promise<T> {
    try {
      return await read();
    } catch (error) {
      if (!(error instanceof SyntaxError)) throw await readError(error, this.#path, PURPOSE);
      throw new InputError(`Cannot read volume: ${error.message}`, {
        code: "bad-nifti",
        path: this.#path,
        hint: "Copy or download the file again",
        cause: error,
      });
    }
  }
}

/** Bytes of a file; none at its end. */
type Piece = Uint8Array<ArrayBuffer>;

async function readPiece(file: ReadableFile): Promise<Piece> {
  const piece = new Uint8Array(PIECE);
  return piece.subarray(0, await file.read(piece) ?? 0);
}

async function* piecesOf(file: ReadableFile, first: Piece): AsyncGenerator<Piece> {
  for (let piece = first; piece.length > 0; piece = await readPiece(file)) yield piece;
}

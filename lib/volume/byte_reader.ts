import { InputError } from "../support/errors.ts";
import type { ReadableFile } from "../support/memory_files.ts";
import { openRegularFile, readError } from "../support/read_file.ts";
import { gunzip, isGzip } from "./gunzip.ts";
import { PieceReader } from "./piece_reader.ts";

/** gzip compresses at most 1032 bytes to one. */
const GZIP_BEST_RATIO = 1032;
/** Bytes read from disk at once; inflated, at most 64 MiB. */
const PIECE = 65536;
const PURPOSE = { what: "volume", code: "bad-nifti" } as const;

/**
 * The bytes of a file in order, read on demand, so that a header can be checked before gigabytes
 * are inflated. Gzip is recognised by content, not by name. Several gzip members in one file are
 * one stream, and their checksums are verified.
 */
export class ByteReader implements Disposable {
  /** The most bytes that this file can hold once inflated. */
  readonly most: number;
  /** Whether the file is gzipped. */
  readonly compressed: boolean;
  /** Warnings about the file so far. */
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
            `${count} byte${count === 1 ? "" : "s"} after the end of the gzip stream are ignored`,
          ))
        : pieces,
    );
  }

  /**
   * Opens a file.
   *
   * @throws {InputError} If it is missing, not a regular file, or not readable.
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
   * @returns The number of bytes; fewer at the end of the file.
   * @throws {InputError} If the gzip stream is damaged or the disk fails.
   */
  async readInto(bytes: Uint8Array): Promise<number> {
    return await this.#attempt(() => this.#bytes.readInto(bytes));
  }

  /**
   * The next bytes, in a buffer of their own; fewer at the end of the file.
   *
   * @throws {InputError} As {@linkcode ByteReader.readInto} does.
   */
  async read(count: number): Promise<Uint8Array<ArrayBuffer>> {
    return await this.#attempt(() => this.#bytes.read(count));
  }

  /**
   * Skips bytes.
   *
   * @returns The number of bytes; fewer at the end of the file.
   * @throws {InputError} As {@linkcode ByteReader.readInto} does.
   */
  async skip(count: number): Promise<number> {
    return await this.#attempt(() => this.#bytes.skip(count));
  }

  /** Closes the file. */
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

import { InputError } from "../../support/errors.ts";
import { INITIAL_PAGES, LINE } from "./buffers.ts";

/** Bytes in a page of WebAssembly memory. */
const PAGE = 65536;

/** A memory and its free pieces. */
export class Arena {
  readonly memory: WebAssembly.Memory;
  // Sorted by address, no two adjacent. The first page is the compiler's, for constants.
  #free: { at: number; bytes: number }[] = [
    { at: PAGE, bytes: (INITIAL_PAGES - 1) * PAGE },
  ];
  #sizes = new Map<number, number>();

  /**
   * @param guard Bytes that stay free after each part of a buffer: 0, or {@linkcode GUARD} for a
   * checked build.
   * @param maxPages The most pages that it may grow to: a browser may not reserve 4 GB.
   */
  constructor(shared: boolean, readonly guard: number, maxPages: number) {
    this.memory = new WebAssembly.Memory({ initial: INITIAL_PAGES, maximum: maxPages, shared });
  }

  /** Bytes that are in use. */
  get used(): number {
    return [...this.#sizes.values()].reduce((a, b) => a + b, 0);
  }

  /**
   * The memory as floats; get it again after {@linkcode Arena.allocate}, which may grow the memory.
   */
  get floats(): Float32Array {
    return new Float32Array(this.memory.buffer);
  }

  /** The memory as integers. */
  get integers(): Int32Array {
    return new Int32Array(this.memory.buffer);
  }

  /** The memory as bytes. */
  get bytes(): Uint8Array {
    return new Uint8Array(this.memory.buffer);
  }

  /**
   * Allocates a piece; its content is undefined.
   *
   * @throws {InputError} If the memory cannot grow enough.
   */
  allocate(bytes: number): number {
    bytes = Math.ceil(Math.max(bytes, 1) / LINE) * LINE;
    let piece = this.#free.find((piece) => piece.bytes >= bytes);
    if (!piece) piece = this.#grow(bytes);
    const { at } = piece;
    piece.at += bytes;
    piece.bytes -= bytes;
    if (piece.bytes === 0) this.#free.splice(this.#free.indexOf(piece), 1);
    this.#sizes.set(at, bytes);
    return at;
  }

  /** Releases a piece. */
  release(at: number): void {
    const bytes = this.#sizes.get(at);
    if (bytes === undefined) throw new RangeError(`Cannot release memory: ${at} is not in use`);
    this.#sizes.delete(at);
    this.#add(at, bytes);
  }

  #add(at: number, bytes: number): { at: number; bytes: number } {
    let i = this.#free.findIndex((piece) => piece.at > at);
    if (i === -1) i = this.#free.length;
    const [before, after] = [this.#free[i - 1], this.#free[i]];
    const joinsAfter = after !== undefined && at + bytes === after.at;
    if (before !== undefined && before.at + before.bytes === at) {
      before.bytes += bytes;
      if (joinsAfter) {
        before.bytes += after.bytes;
        this.#free.splice(i, 1);
      }
      return before;
    }
    if (joinsAfter) {
      after.at = at;
      after.bytes += bytes;
      return after;
    }
    const piece = { at, bytes };
    this.#free.splice(i, 0, piece);
    return piece;
  }

  #grow(bytes: number): { at: number; bytes: number } {
    const end = this.memory.buffer.byteLength;
    const last = this.#free.at(-1);
    const have = last && last.at + last.bytes === end ? last.bytes : 0;
    const pages = Math.ceil((bytes - have) / PAGE);
    try {
      this.memory.grow(pages);
    } catch (cause) {
      const megabytes = Math.round((this.used + bytes) / 2 ** 20);
      throw new InputError(`Cannot run the automaton: it needs ${megabytes} MB at once`, {
        code: "out-of-memory",
        hint: "Lower batchSize, the slice size or the number of steps; the limit is 4096 MB",
        cause,
      });
    }
    return this.#add(end, pages * PAGE);
  }
}

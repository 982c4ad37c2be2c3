const NOTHING = new Uint8Array(0);

/** The bytes of a stream in order, read on demand. */
export class PieceReader {
  #pieces: AsyncIterator<Uint8Array>;
  #pending: Uint8Array = NOTHING;

  constructor(pieces: AsyncIterable<Uint8Array>) {
    this.#pieces = pieces[Symbol.asyncIterator]();
  }

  /** The next piece; empty at the end. */
  async next(): Promise<Uint8Array> {
    let piece = this.#pending;
    this.#pending = NOTHING;
    while (piece.length === 0) {
      const { done, value } = await this.#pieces.next();
      if (done) return NOTHING;
      piece = value;
    }
    return piece;
  }

  /** Puts back the end of the last piece. */
  unread(bytes: Uint8Array): void {
    this.#pending = bytes;
  }

  /**
   * Fills an array with the next bytes.
   *
   * @returns The number of bytes; fewer at the end.
   */
  async readInto(bytes: Uint8Array): Promise<number> {
    return await this.#take(bytes.length, (part, at) => bytes.set(part, at));
  }

  /** The next bytes, in a buffer of their own; fewer at the end. */
  async read(count: number): Promise<Uint8Array<ArrayBuffer>> {
    const bytes = new Uint8Array(count);
    const filled = await this.readInto(bytes);
    return filled === count ? bytes : bytes.slice(0, filled);
  }

  /**
   * Skips the next bytes.
   *
   * @returns The number of bytes; fewer at the end.
   */
  async skip(count: number): Promise<number> {
    return await this.#take(count, () => {});
  }

  async #take(count: number, use: (part: Uint8Array, at: number) => void): Promise<number> {
    let taken = 0;
    while (taken < count) {
      const piece = await this.next();
      if (piece.length === 0) break;
      const part = piece.subarray(0, count - taken);
      use(part, taken);
      taken += part.length;
      this.unread(piece.subarray(part.length));
    }
    return taken;
  }
}

/**
 * Reading the figures of a step while those that follow run, so that a GPU never waits for it.
 *
 * @module
 */

import type * as tf from "@tensorflow/tfjs";

/** Figures of steps that the device may still be at work on. */
export class UnreadFigures {
  readonly #keep: number;
  readonly #unread: (() => Promise<void>)[] = [];

  /** @param keep Of how many steps figures may stay unread. */
  constructor(keep: number) {
    this.#keep = keep;
  }

  /**
   * Takes the figures of a step, and reads those of earlier steps.
   *
   * @param figures Disposed once it is read.
   * @param use Told the values, in the order of the steps; what it throws is thrown here.
   */
  async add(figures: tf.Tensor1D, use: (values: Float32Array) => void): Promise<void> {
    const values = figures.data<"float32">();
    values.catch(() => {}); // thrown where it is read, unless an earlier step fails before
    this.#unread.push(async () => {
      const read = await values;
      figures.dispose();
      use(read);
    });
    await this.#readAllBut(this.#keep);
  }

  /** Reads all that is left. */
  async read(): Promise<void> {
    await this.#readAllBut(0);
  }

  async #readAllBut(keep: number): Promise<void> {
    while (this.#unread.length > keep) await this.#unread.shift()!();
  }
}

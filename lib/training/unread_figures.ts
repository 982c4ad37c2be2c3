/**
 * Reads the figures of a step while later ones run, so that a GPU never waits.
 *
 * @module
 */

import type * as tf from "@tensorflow/tfjs";

/** Figures of steps that the device may still be computing. */
export class UnreadFigures {
  readonly #keep: number;
  readonly #unread: (() => Promise<void>)[] = [];

  /** @param keep The number of steps whose figures may stay unread. */
  constructor(keep: number) {
    this.#keep = keep;
  }

  /**
   * Adds the figures of a step, and reads those of earlier steps.
   *
   * @param figures Disposed once it is read.
   * @param use Called with the values, in the order of the steps; its errors are thrown here.
   */
  async add(figures: tf.Tensor1D, use: (values: Float32Array) => void): Promise<void> {
    const values = figures.data<"float32">();
    values.catch(() => {}); // thrown when it is read, unless an earlier step fails first
    this.#unread.push(async () => {
      const read = await values;
      figures.dispose();
      use(read);
    });
    await this.#readAllBut(this.#keep);
  }

  /** Reads all remaining figures. */
  async read(): Promise<void> {
    await this.#readAllBut(0);
  }

  async #readAllBut(keep: number): Promise<void> {
    while (this.#unread.length > keep) await this.#unread.shift()!();
  }
}

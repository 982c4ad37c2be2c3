/** Estimates the remaining time from the steps since the first one. */
export class Pace {
  #first: { step: number; time: number } | undefined;
  readonly #total: number;

  /** @param total The number of steps of the whole training. */
  constructor(total: number) {
    this.#total = total;
  }

  /** Null at the first step, when kernels warm up. */
  secondsLeft(step: number): number | null {
    const time = performance.now();
    if (this.#first === undefined) {
      this.#first = { step, time };
      return null;
    }
    const perStep = (time - this.#first.time) / 1000 / (step - this.#first.step);
    return perStep * (this.#total - step);
  }
}

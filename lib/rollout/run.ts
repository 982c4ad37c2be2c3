/**
 * A rollout of one slice that is looked at on its way.
 *
 * @module
 */

import * as tf from "@tensorflow/tfjs";
import { rolloutEngine } from "./rollout.ts";
import type { NcaWeights, RolloutPoint, RolloutRun, RunOptions } from "./types.ts";

/**
 * Begins a rollout, or goes on from a place of an earlier one: the engine of fused kernels comes to
 * the bits of a rollout that is run as a whole.
 */
export function startRun(
  point: RolloutPoint,
  weights: NcaWeights,
  options: RunOptions,
): RolloutRun {
  return rolloutEngine().start?.(point, weights, options) ??
    new SingleSteps(point, weights, options);
}

/** Calls of an engine for one step each. */
class SingleSteps implements RolloutRun {
  #state: tf.Tensor4D;
  #step: number;
  readonly #weights: NcaWeights;
  readonly #options: RunOptions;

  constructor({ state, step }: RolloutPoint, weights: NcaWeights, options: RunOptions) {
    this.#state = tf.tensor4d(state, [1, ...options.size, options.channels]);
    this.#step = step;
    this.#weights = weights;
    this.#options = options;
  }

  advance(to: number): void {
    const { fireRate, seed, firstStep } = this.#options;
    for (; this.#step < to; this.#step++) {
      const before = this.#state;
      this.#state = rolloutEngine().rollout(before, this.#weights, {
        ...{ steps: 1, fireRate, seeds: [seed], stats: "slice" },
        firstStep: firstStep + this.#step,
      });
      before.dispose();
    }
  }

  async read(first: number, count: number): Promise<Float32Array> {
    const part = tf.tidy(() => this.#state.slice([0, 0, 0, first], [-1, -1, -1, count]));
    try {
      return await part.data<"float32">();
    } finally {
      part.dispose();
    }
  }

  async save(): Promise<RolloutPoint> {
    // An engine on arrays may give its own
    return { step: this.#step, state: (await this.#state.data<"float32">()).slice(), shift: null };
  }

  dispose(): void {
    this.#state.dispose();
  }
}

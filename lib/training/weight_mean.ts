/**
 * A running mean of the weights, which is more stable than the weights.
 *
 * @module
 */

import * as tf from "@tensorflow/tfjs";
import { MedNca } from "../nca/med_nca.ts";

/**
 * The exponential moving average of a model's weights over the training steps.
 *
 * The decay starts low and rises to its value, so that the mean soon forgets the first weights: it
 * is (1 + step) / (10 + step) as long as that is less, as in TensorFlow's
 * `ExponentialMovingAverage`.
 *
 * @example
 * ```ts
 * import * as tf from "@tensorflow/tfjs";
 * import { MedNca } from "../nca/med_nca.ts";
 * import { WeightMean } from "./weight_mean.ts";
 * import assert from "node:assert/strict";
 *
 * await tf.setBackend("cpu");
 * const model = new MedNca();
 * const mean = new WeightMean(model, 0.9);
 * const [bias, itsMean] = [model, mean.model].map((m) => m.model1.variables.get("fc2.bias")!);
 * bias!.assign(tf.fill([15], 1));
 * itsMean!.assign(tf.fill([15], 0));
 * mean.update(1000);
 * assert.ok(Math.abs(itsMean!.dataSync()[0]! - 0.1) < 1e-6);
 * ```
 */
export class WeightMean {
  /** A model with the mean weights. */
  readonly model: MedNca;
  readonly #of: MedNca;
  readonly #decay: number;

  /**
   * @param of The model in training; the mean starts with its weights.
   * @param decay Below 1; the mean reaches back about 1 / (1 − decay) steps.
   */
  constructor(of: MedNca, decay: number) {
    this.model = new MedNca(of.config);
    this.#of = of;
    this.#decay = decay;
    copy(of, this.model);
  }

  /**
   * Adds the weights after a step.
   *
   * @param step The number of finished steps, from 1.
   */
  update(step: number): void {
    const decay = Math.min(this.#decay, (1 + step) / (10 + step));
    tf.tidy(() =>
      this.model.variables.forEach((mean, i) =>
        mean.assign(mean.add(this.#of.variables[i]!.sub(mean).mul(1 - decay)))
      )
    );
  }

  /** Copies the mean weights to a model. */
  copyTo(model: MedNca): void {
    copy(this.model, model);
  }

  /** Frees its tensors, not those of the model in training. */
  dispose(): void {
    this.model.dispose();
  }
}

function copy(from: MedNca, to: MedNca): void {
  tf.tidy(() => to.variables.forEach((variable, i) => variable.assign(from.variables[i]!.clone())));
}

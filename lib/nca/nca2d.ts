import * as tf from "@tensorflow/tfjs";
import { onArrays } from "../rollout/array_op.ts";
import { rollout } from "../rollout/rollout.ts";
import type { NcaWeights, RolloutOptions } from "../rollout/types.ts";
import { initialValues, type Nca2dShape, parameterShapes } from "./initialization.ts";
import { setImages } from "./stages.ts";

/**
 * One neural cellular automaton: every cell of a grid holds `channels` numbers, sees its k×k
 * neighbourhood through one kernel per channel, and changes itself by a small network that all
 * cells share.
 *
 * Source: the Med-NCA tutorial's `NCA2D`; Kalkhof et al., "Med-NCA", IPMI 2023.
 *
 * @example
 * ```ts
 * import * as tf from "@tensorflow/tfjs";
 * import { NCA2D } from "./nca2d.ts";
 * import assert from "node:assert/strict";
 *
 * await tf.setBackend("cpu");
 * const nca = new NCA2D({ channels: 16, hidden: 64, kernel: 3 }, { seed: 0 });
 * assert.equal(nca.parameterCount, 3375);
 *
 * const state = nca.seedState(tf.ones([1, 8, 8, 1]));
 * const after = nca.forward(state, { steps: 2, fireRate: 0.5, seeds: [1], stats: "slice" });
 * assert.deepEqual(after.shape, [1, 8, 8, 16]);
 * ```
 */
export class NCA2D {
  /** Channels, image channels, hidden units and kernel size. */
  readonly shape: Required<Nca2dShape>;
  /** The trainable parameters by their PyTorch names, in PyTorch's shapes. */
  readonly variables: ReadonlyMap<string, tf.Variable>;

  /**
   * @param shape Channels, image channels, hidden units and kernel size.
   * @param options.seed Integers that seed the initial values. Default: 0.
   * @param options.values Initial values by name, instead of random ones.
   */
  constructor(
    shape: Nca2dShape,
    options: { seed?: number | number[]; values?: ReadonlyMap<string, Float32Array> } = {},
  ) {
    this.shape = { imageChannels: 1, ...shape };
    const values = options.values ?? initialValues(shape, ...[options.seed ?? 0].flat());
    this.variables = new Map(
      [...parameterShapes(shape)].map(([name, dimensions]) => [
        name,
        tf.tidy(() => tf.variable(tf.tensor(values.get(name)!, dimensions, "float32"))),
      ]),
    );
  }

  /** The number of trainable parameters. */
  get parameterCount(): number {
    return [...this.variables.values()].reduce((sum, { size }) => sum + size, 0);
  }

  /** The parameters in the rollout's form. */
  get weights(): NcaWeights {
    const get = (name: string) => this.variables.get(name)!;
    return {
      perceptionWeight: get("perception.weight"),
      perceptionBias: get("perception.bias"),
      fc1Weight: get("fc1.weight"),
      fc1Bias: get("fc1.bias"),
      bnWeight: get("bn.weight"),
      bnBias: get("bn.bias"),
      fc2Weight: get("fc2.weight"),
      fc2Bias: get("fc2.bias"),
    };
  }

  /**
   * The initial state: the image in the first channels, zeros in the others.
   *
   * @param images [B, H, W, n].
   * @returns [B, H, W, c].
   * @throws {TypeError} If the images have a different number of channels.
   */
  seedState(images: tf.Tensor4D): tf.Tensor4D {
    const { channels, imageChannels } = this.shape;
    if (images.shape[3] !== imageChannels) {
      throw new TypeError(
        `Cannot run an NCA: images must have the ${imageChannels} channel(s) that it was made for, ` +
          `got ${images.shape[3]}`,
      );
    }
    if (!onArrays()) return tf.pad(images, [[0, 0], [0, 0], [0, 0], [0, channels - imageChannels]]);
    // The generic padding would take as long as several steps
    const [batch, height, width] = images.shape;
    const values = new Float32Array(batch * height * width * channels);
    setImages(values, images.dataSync<"float32">(), this.shape);
    return tf.tensor4d(values, [batch, height, width, channels]);
  }

  /**
   * Runs the automaton.
   *
   * @param state [B, H, W, c].
   * @returns The state after the last step, [B, H, W, c].
   */
  forward(state: tf.Tensor4D, options: RolloutOptions): tf.Tensor4D {
    return rollout(state, this.weights, options);
  }

  /** Frees the parameters. */
  dispose(): void {
    for (const variable of this.variables.values()) variable.dispose();
  }
}

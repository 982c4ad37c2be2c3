/**
 * Adam, computed as in PyTorch.
 *
 * tfjs's own Adam keeps the bias corrections as float32 products and adds epsilon elsewhere, so its
 * steps drift from PyTorch's, and its state cannot be restored.
 *
 * @module
 */

import * as tf from "@tensorflow/tfjs";

/** Options of {@linkcode Adam}. */
export interface AdamOptions {
  /** Decay rates of the means of the gradient and of its square. */
  betas: readonly [number, number];
  /** Added to the root of the second mean. */
  eps: number;
  /** Largest gradient norm over all variables, as in `clip_grad_norm_`; 0: off. */
  clipNorm?: number;
}

/** The state of an {@linkcode Adam}. */
export interface AdamState {
  /** Steps done. */
  step: number;
  /** Running mean of the gradient: all variables, one after the other. */
  m: Float32Array;
  /** Running mean of the squared gradient, in the same order. */
  v: Float32Array;
}

/**
 * One Adam over a list of variables: bias corrections in float64 from the step count, everything
 * else elementwise in float32, as in `torch.optim.Adam`.
 *
 * The variables are treated as one long vector, so a step takes a dozen tensor operations, whatever
 * the number of variables.
 *
 * @example
 * ```ts
 * import * as tf from "@tensorflow/tfjs";
 * import { Adam } from "./adam.ts";
 * import assert from "node:assert/strict";
 *
 * const x = tf.variable(tf.tensor1d([1, -1]));
 * const adam = new Adam([x], { betas: [0.9, 0.999], eps: 1e-8 });
 * const gradient = tf.tensor1d([3, -0.1]);
 * adam.apply([gradient], 0.01); // the first step is the learning rate, against the sign
 * assert.ok(Math.abs(x.dataSync()[0]! - 0.99) < 1e-6);
 * ```
 */
export class Adam {
  readonly #variables: readonly tf.Variable[];
  readonly #options: Required<AdamOptions>;
  readonly #m: tf.Variable;
  readonly #v: tf.Variable;
  #step = 0;

  constructor(variables: readonly tf.Variable[], options: AdamOptions) {
    this.#variables = variables;
    this.#options = { clipNorm: 0, ...options };
    const size = variables.reduce((sum, variable) => sum + variable.size, 0);
    [this.#m, this.#v] = tf.tidy(() => [
      tf.variable(tf.zeros([size]), false),
      tf.variable(tf.zeros([size]), false),
    ]);
  }

  /** Steps done. */
  get step(): number {
    return this.#step;
  }

  /**
   * Updates every variable by one step.
   *
   * @param gradients One per variable, of its shape, in the order of the variables. The caller
   * disposes them.
   * @throws {TypeError} If a gradient's shape is not its variable's.
   */
  apply(gradients: readonly tf.Tensor[], learningRate: number): void {
    this.#variables.forEach((variable, i) => {
      const shape = gradients[i]?.shape;
      if (shape === undefined || !tf.util.arraysEqual(shape, variable.shape)) {
        throw new TypeError(`Gradient ${i} is [${shape}], its variable is [${variable.shape}]`);
      }
    });
    const { betas: [beta1, beta2], eps, clipNorm } = this.#options;
    this.#step++;
    const correction1 = 1 - beta1 ** this.#step;
    const correction2 = Math.sqrt(1 - beta2 ** this.#step);
    tf.tidy(() => {
      let g = tf.concat1d(gradients.map((gradient) => gradient.flatten()));
      if (clipNorm > 0) g = g.mul(tf.minimum(tf.div(clipNorm, g.norm().add(1e-6)), 1));
      this.#m.assign(this.#m.mul(beta1).add(g.mul(1 - beta1)));
      this.#v.assign(this.#v.mul(beta2).add(g.square().mul(1 - beta2)));
      const root = this.#v.sqrt().div(correction2).add(eps);
      const move = this.#m.mul(learningRate / correction1).div(root);
      const moves = tf.split(move, this.#variables.map((variable) => variable.size));
      this.#variables.forEach((variable, i) =>
        variable.assign(variable.sub(moves[i]!.reshape(variable.shape)))
      );
    });
  }

  /**
   * The sum of the running means of the squared gradients: finite if and only if all gradients
   * were. The caller disposes it.
   */
  squares(): tf.Scalar {
    return this.#v.sum();
  }

  /** A copy of the state, for {@linkcode Adam.load}. */
  async state(): Promise<AdamState> {
    const [m, v] = await Promise.all([this.#m.data(), this.#v.data()]);
    return { step: this.#step, m: new Float32Array(m), v: new Float32Array(v) };
  }

  /**
   * Continues from a stored state.
   *
   * @throws {TypeError} If its number of values differs.
   */
  load(state: AdamState): void {
    if (state.m.length !== this.#m.size || state.v.length !== this.#v.size) {
      throw new TypeError(`Adam has ${this.#m.size} values, the state ${state.m.length}`);
    }
    this.#step = state.step;
    tf.tidy(() => {
      this.#m.assign(tf.tensor1d(state.m.slice()));
      this.#v.assign(tf.tensor1d(state.v.slice()));
    });
  }

  /** Frees its tensors, not the variables. */
  dispose(): void {
    this.#m.dispose();
    this.#v.dispose();
  }
}

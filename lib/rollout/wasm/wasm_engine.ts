/**
 * The fused engine for the CPU: kernels in WebAssembly, on several threads.
 *
 * @module
 */

import * as tf from "@tensorflow/tfjs";
import type { NcaWeights, RolloutEngine, RolloutOptions } from "../types.ts";
import { Arena } from "./arena.ts";
import { compileKernels, hasRelaxedSimd } from "./compile.ts";
import { Job, type WeightValues } from "./job.ts";
import { Team } from "./team.ts";

/** The order in which the op takes the weights. */
const WEIGHT_NAMES = [
  "perceptionWeight",
  "perceptionBias",
  "fc1Weight",
  "fc1Bias",
  "bnWeight",
  "bnBias",
  "fc2Weight",
  "fc2Bias",
] as const satisfies (keyof NcaWeights)[];

/** The kernels of one model shape, with their threads. */
interface Crew {
  arena: Arena;
  team: Team;
}

/**
 * The engine of fused kernels on the CPU, for tfjs's `cpu` backend.
 *
 * It computes what `OpsEngine` defines, exactly, with a fraction of the work: only firing cells go
 * through the network, and batch norm's statistics come from the covariance of its inputs. States
 * are all it keeps for the gradient. The result is the same to the last bit on any number of
 * threads.
 */
export class WasmEngine implements RolloutEngine {
  readonly name = "wasm";
  readonly #threads: number;
  readonly #relaxed: boolean;
  readonly #crews = new Map<string, Crew>();
  // Frees the states of a rollout whose gradient was never asked for.
  readonly #forgotten = new FinalizationRegistry<Job>((job) => job.release());

  private constructor(threads: number, relaxed: boolean) {
    this.#threads = threads;
    this.#relaxed = relaxed;
  }

  /**
   * Makes the engine and compiles its kernels for the tutorial's shape or another.
   *
   * @param options.threads Threads, this one included; by default as many as there are cores.
   * @param options.relaxed Whether to use relaxed SIMD; by default where the machine has it.
   * @param options.shapes Channels and hidden units to compile for. Default 16 and 64.
   */
  static async create(
    options: {
      threads?: number;
      relaxed?: boolean;
      shapes?: readonly { channels: number; hidden: number }[];
    } = {},
  ): Promise<WasmEngine> {
    const threads = options.threads ?? navigator.hardwareConcurrency;
    if (!Number.isInteger(threads) || threads < 1) {
      throw new RangeError(`Cannot start threads: must be at least 1, got ${threads}`);
    }
    const engine = new WasmEngine(threads, options.relaxed ?? hasRelaxedSimd());
    for (const shape of options.shapes ?? [{ channels: 16, hidden: 64 }]) {
      const module = await compileKernels({ ...shape, relaxed: engine.#relaxed });
      const arena = new Arena();
      const team = await Team.start(module, arena, threads);
      engine.#crews.set(`${shape.channels}×${shape.hidden}`, { arena, team });
    }
    return engine;
  }

  get description(): string {
    const threads = this.#threads === 1 ? "1 thread" : `${this.#threads} threads`;
    return `fused kernels on the CPU, ${threads}` +
      (this.#relaxed ? "" : ", without fused multiply-add");
  }

  rollout(state: tf.Tensor4D, weights: NcaWeights, options: RolloutOptions): tf.Tensor4D {
    if (options.steps === 0) return state.clone();
    const [batch, height, width, channels] = state.shape;
    const hidden = weights.fc1Weight.shape[0]!;
    const shape = {
      batch,
      height,
      width,
      channels,
      hidden,
      kernelSize: weights.perceptionWeight.shape[2]!,
    };
    const { arena, team } = this.#crew(channels, hidden);
    // States are kept only where a gradient can be asked for.
    const keep = tf.engine().state.gradientDepth > 0;
    const values = Object.fromEntries(
      WEIGHT_NAMES.map((name) => [name, weights[name].dataSync<"float32">()]),
    ) as unknown as WeightValues;

    const op = tf.customGrad((x) => {
      const job = new Job(arena, team, shape, values, options, keep);
      let result: Float32Array;
      try {
        result = job.forward((x as tf.Tensor).dataSync<"float32">());
      } catch (error) {
        job.release();
        throw error;
      }
      if (!keep) job.release();
      const gradFunc = (dy: tf.Tensor) => {
        this.#forgotten.unregister(job);
        try {
          const gradient = job.backward(dy.dataSync<"float32">());
          return [
            tf.tensor(gradient.state, state.shape),
            ...WEIGHT_NAMES.map((name) => weightGradient(name, gradient.weights, weights[name])),
          ];
        } finally {
          job.release();
        }
      };
      if (keep) this.#forgotten.register(gradFunc, job, job);
      return { value: tf.tensor4d(result, state.shape), gradFunc };
    });
    return op(state, ...WEIGHT_NAMES.map((name) => weights[name])) as tf.Tensor4D;
  }

  dispose(): void {
    for (const { team } of this.#crews.values()) team.dispose();
    this.#crews.clear();
  }

  #crew(channels: number, hidden: number): Crew {
    const crew = this.#crews.get(`${channels}×${hidden}`);
    if (!crew) {
      const known = [...this.#crews.keys()].join(", ");
      throw new RangeError(
        `Cannot run an NCA of ${channels} channels and ${hidden} hidden units: ` +
          `the engine was made for ${known}`,
      );
    }
    return crew;
  }
}

function weightGradient(
  name: typeof WEIGHT_NAMES[number],
  gradients: WeightValues,
  weight: tf.Tensor,
): tf.Tensor {
  // Batch norm cancels the biases of perception and fc1: their gradients are exactly zero.
  if (name === "perceptionBias" || name === "fc1Bias") return tf.zerosLike(weight);
  return tf.tensor(gradients[name], weight.shape);
}

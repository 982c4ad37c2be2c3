import * as tf from "@tensorflow/tfjs";
import {
  type ModelShape,
  type NcaWeights,
  type RolloutEngine,
  type RolloutOptions,
  type RolloutPoint,
  type RolloutRun,
  type RunOptions,
  WEIGHT_NAMES,
} from "../types.ts";
import { Arena } from "./arena.ts";
import type { Build } from "./build.ts";
import { GUARD } from "./buffers.ts";
import type { JobShape } from "./grid.ts";
import { Job, type WeightValues } from "./job.ts";
import { Team } from "./team.ts";
import type { StartThread } from "./thread.ts";

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
  readonly operations = "arrays";
  readonly unreadSteps = 1;
  readonly #shape: ModelShape;
  readonly #build: Build;
  readonly #arena: Arena;
  readonly #team: Team;
  // Frees the states of a rollout whose gradient was never asked for.
  readonly #forgotten = new FinalizationRegistry<Job>((job) => job.release());

  private constructor(shape: ModelShape, build: Build, arena: Arena, team: Team) {
    this.#shape = shape;
    this.#build = build;
    this.#arena = arena;
    this.#team = team;
  }

  /**
   * Starts the engine on kernels that are compiled; `createWasmEngine` compiles them too.
   *
   * @param options.threads Threads, this one included; without shared memory it is one.
   * @param options.maxPages The most pages of 64 kB that its memory may have.
   */
  static async start(
    module: WebAssembly.Module,
    { shape, build, threads, maxPages, startThread }: {
      shape: ModelShape;
      build: Build;
      threads: number;
      maxPages: number;
      startThread: StartThread;
    },
  ): Promise<WasmEngine> {
    const { shared, checked } = build;
    const arena = new Arena(shared, checked ? GUARD : 0, maxPages);
    const team = await Team.start(module, arena, shared ? threads : 1, startThread);
    return new WasmEngine(shape, build, arena, team);
  }

  get description(): string {
    const { threads } = this.#team;
    return `fused kernels on the CPU, ${threads} ${threads === 1 ? "thread" : "threads"}` +
      (this.#build.relaxed ? "" : ", without fused multiply-add") +
      (this.#build.shared ? "" : ", without shared memory");
  }

  /** Bytes of its memory that are in use; states are kept from a forward run to its gradient. */
  get memoryInUse(): number {
    return this.#arena.used;
  }

  rollout(state: tf.Tensor4D, weights: NcaWeights, options: RolloutOptions): tf.Tensor4D {
    if (options.steps === 0) return state.clone();
    const [batch, height, width, channels] = state.shape;
    // States are kept only where a gradient can be asked for.
    const keep = tf.engine().state.gradientDepth > 0;
    const size = { batch, height, width, channels };

    const op = tf.customGrad((x) => {
      const job = this.#open(size, weights, options, keep);
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

  start(point: RolloutPoint, weights: NcaWeights, options: RunOptions): RolloutRun {
    const { size: [height, width], channels, fireRate, seed, firstStep, most } = options;
    const rollout = { steps: most, fireRate, seeds: [seed], stats: "slice", firstStep } as const;
    const job = this.#open({ batch: 1, height, width, channels }, weights, rollout, false);
    job.load(point.state);
    let { step } = point;
    if (point.shift !== null) job.shift(step).set(point.shift);
    return {
      advance: (to) => {
        job.advance(step, to);
        step = to;
      },
      read: (first, count) => Promise.resolve(job.readChannels(first, count)),
      save: () => Promise.resolve({ step, state: job.read(), shift: job.shift(step).slice() }),
      dispose: () => job.release(),
    };
  }

  /** Sets up a job for a model that the engine was made for. */
  #open(
    size: Omit<JobShape, "hidden" | "kernelSize">,
    weights: NcaWeights,
    options: RolloutOptions,
    keep: boolean,
  ): Job {
    const { channels } = size;
    const hidden = weights.fc1Weight.shape[0]!;
    if (channels !== this.#shape.channels || hidden !== this.#shape.hidden) {
      throw new RangeError(
        `Cannot run an NCA of ${channels} channels and ${hidden} hidden units: the engine was ` +
          `made for ${this.#shape.channels} and ${this.#shape.hidden}`,
      );
    }
    const values = Object.fromEntries(
      WEIGHT_NAMES.map((name) => [name, weights[name].dataSync<"float32">()]),
    ) as unknown as WeightValues;
    const shape = { ...size, hidden, kernelSize: weights.perceptionWeight.shape[2]! };
    return new Job(this.#arena, this.#team, shape, values, options, keep);
  }

  dispose(): void {
    this.#team.dispose();
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

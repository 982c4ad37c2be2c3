import { fireKey } from "../fire_mask.ts";
import type { RolloutOptions } from "../types.ts";
import { Allocation } from "./allocation.ts";
import type { Arena } from "./arena.ts";
import {
  type BufferName,
  gradientBuffers,
  JOB_BUFFER,
  JOB_FIELDS,
  jobBuffers,
  type JobNumbers,
} from "./buffers.ts";
import { CheckedRanges } from "./checked.ts";
import { jobNumbers, type JobShape } from "./grid.ts";
import type { Team } from "./team.ts";

/** Plain values of the weights, or of their gradients, in PyTorch's layouts. */
export interface WeightValues {
  /** [c, 1, k, k] */
  perceptionWeight: Float32Array;
  /** [h, 2c, 1, 1] */
  fc1Weight: Float32Array;
  /** [h] */
  bnWeight: Float32Array;
  /** [h] */
  bnBias: Float32Array;
  /** [c − n, h, 1, 1] for n channels of the image. */
  fc2Weight: Float32Array;
  /** [c − n] */
  fc2Bias: Float32Array;
}

/** Runs a job: the threads, or a program that measures them. */
export type Runner = Pick<Team, "threads" | "memory" | "run">;

/** A rollout in the shared memory. */
export class Job {
  readonly #arena: Arena;
  readonly #team: Runner;
  readonly #shape: JobShape;
  readonly #steps: number;
  /** The number of image channels, which come first and never change. */
  readonly #images: number;
  readonly #numbers: JobNumbers;
  readonly #memory: Allocation;

  /**
   * Sets up a rollout.
   *
   * @param keep Whether to keep every state, for the gradient.
   */
  constructor(
    arena: Arena,
    team: Runner,
    shape: JobShape,
    weights: WeightValues,
    options: RolloutOptions,
    keep: boolean,
  ) {
    const { batch, height, width, channels } = shape;
    if (batch * height * width === 0) throw new TypeError("Cannot run an NCA: the state is empty");
    this.#arena = arena;
    this.#team = team;
    this.#shape = shape;
    this.#steps = options.steps;
    this.#images = channels - weights.fc2Bias.length;
    this.#numbers = jobNumbers(shape, options, { threads: team.threads, keep });
    this.#memory = new Allocation(arena);
    try {
      this.#memory.add({ ...JOB_BUFFER, ...jobBuffers(shape, this.#numbers) });
      this.#setMasks(options);
      this.#setWeights(weights);
    } catch (error) {
      this.release();
      throw error;
    }
  }

  /**
   * Runs the steps.
   *
   * @param state [B, H, W, c].
   * @returns The last state, [B, H, W, c].
   */
  forward(state: Float32Array): Float32Array {
    this.load(state);
    this.advance(0, this.#steps);
    return this.read();
  }

  /** Puts the state before the first step to run in. */
  load(state: Float32Array): void {
    this.#memory.floats("states").fill(0);
    this.#copyRows(state, 0, "in");
  }

  /** Runs the steps from one number to another. */
  advance(from: number, to: number): void {
    Object.assign(this.#numbers, { from, to });
    this.#run("forward");
  }

  /** The last state, [B, H, W, c]. */
  read(): Float32Array {
    const { batch, height, width, channels } = this.#shape;
    const result = new Float32Array(batch * height * width * channels);
    this.#copyRows(result, this.#numbers.keepStates * this.#steps, "out");
    return result;
  }

  /** Some channels of the last state of one slice, [H, W, count]; states must not be kept. */
  readChannels(first: number, count: number): Float32Array {
    const { height, width, channels, kernelSize } = this.#shape;
    const border = kernelSize >> 1;
    const state = this.#memory.floats("states");
    const result = new Float32Array(height * width * count);
    for (let y = 0, to = 0; y < height; y++) {
      let at = ((y + border) * this.#numbers.rowCells + border) * channels + first;
      for (const end = to + width * count; to < end; at += channels) {
        for (let c = 0; c < count; c++) result[to++] = state[at + c]!;
      }
    }
    return result;
  }

  /** The means that the statistics of a step are taken around, which the step before left there. */
  shift(step: number): Float32Array {
    return this.#memory.floats("stats", "mean", step);
  }

  /**
   * Propagates a gradient back through the steps; the states must have been kept.
   *
   * @param gradient ∂L/∂(last state), [B, H, W, c].
   * @returns ∂L/∂(first state), [B, H, W, c], and the weights' gradients.
   */
  backward(gradient: Float32Array): { state: Float32Array; weights: WeightValues } {
    this.#memory.add(gradientBuffers(this.#shape, this.#numbers));
    this.#memory.floats("perceptionGradient").fill(0);
    this.#copyFlat(gradient, "in");
    this.#run("backward");
    const state = new Float32Array(gradient.length);
    this.#copyFlat(state, "out");
    return { state, weights: this.#readGradients() };
  }

  /** Releases the memory. */
  release(): void {
    this.#memory.release();
  }

  #run(task: "forward" | "backward"): void {
    using ranges = new CheckedRanges(this.#arena, [this.#team.memory, this.#memory]);
    const values: Record<string, number> = {
      ...this.#numbers,
      ...this.#team.memory.fields(),
      ...this.#memory.fields(),
      ...ranges.fields(),
    };
    // The gradient's buffers are allocated only when it is requested.
    this.#memory.integers("job").set(JOB_FIELDS.map((name) => values[name] ?? 0));
    this.#team.run(task, this.#memory.address("job"), ranges);
  }

  #setMasks({ seeds, steps, firstStep = 0, masks }: RolloutOptions): void {
    const keys = this.#memory.integers("keys");
    for (let step = 0; step < steps; step++) {
      for (const [slice, seed] of seeds.entries()) {
        keys[step * seeds.length + slice] = fireKey(seed, firstStep + step);
      }
    }
    if (masks) this.#arena.bytes.set(masks, this.#memory.address("masks"));
  }

  #setWeights(weights: WeightValues): void {
    const { channels: c, hidden: h, kernelSize } = this.#shape;
    const floats = (name: BufferName) => this.#memory.floats(name);
    const taps = kernelSize ** 2;
    const [kernel, kernelFlipped] = [floats("kernel"), floats("kernelFlipped")];
    for (let channel = 0; channel < c; channel++) {
      for (let tap = 0; tap < taps; tap++) {
        const weight = weights.perceptionWeight[channel * taps + tap]!;
        kernel[tap * c + channel] = weight;
        kernelFlipped[(taps - 1 - tap) * c + channel] = weight;
      }
    }
    floats("zeros").fill(0);
    floats("w1").set(weights.fc1Weight);
    floats("gamma").set(weights.bnWeight);
    floats("beta").set(weights.bnBias);
    // The image never changes: its rows of fc2 are zero.
    const [w2, w2t, b2] = [floats("w2").fill(0), floats("w2t"), floats("b2").fill(0)];
    w2.set(weights.fc2Weight, this.#images * h);
    b2.set(weights.fc2Bias, this.#images);
    for (const [i, weight] of w2.entries()) w2t[i % h * c + Math.floor(i / h)] = weight;
  }

  #readGradients(): WeightValues {
    const { channels: c, hidden: h, kernelSize } = this.#shape;
    const taps = kernelSize ** 2;
    // Copies in ordinary memory, since results outlive the job.
    const take = (name: BufferName, part: string, from = 0) =>
      Float32Array.from(this.#memory.floats(name, part).subarray(from));
    const byTap = this.#memory.floats("chunkGradients", "kernel");
    const perceptionWeight = new Float32Array(taps * c);
    for (let tap = 0; tap < taps; tap++) {
      for (let channel = 0; channel < c; channel++) {
        perceptionWeight[channel * taps + tap] = byTap[tap * c + channel]!;
      }
    }
    return {
      perceptionWeight,
      fc1Weight: take("groupGradients", "w1"),
      bnWeight: take("groupGradients", "gamma"),
      bnBias: take("groupGradients", "beta"),
      fc2Weight: take("chunkGradients", "w2", this.#images * h),
      fc2Bias: take("chunkGradients", "b2", this.#images),
    };
  }

  /** Copies a dense state into or out of a bordered one. */
  #copyRows(dense: Float32Array, step: number, direction: "in" | "out"): void {
    const { rowCells, planeRows } = this.#numbers;
    const border = this.#shape.kernelSize >> 1;
    const bordered = this.#memory.floats("states", "all", step);
    this.#copy(
      dense,
      bordered,
      direction,
      (slice, y) => (slice * planeRows + y + border) * rowCells + border,
    );
  }

  /** Copies a dense state's gradient into or out of the flat gradient. */
  #copyFlat(dense: Float32Array, direction: "in" | "out"): void {
    const { height, flatRowCells } = this.#numbers;
    this.#copy(
      dense,
      this.#memory.floats("gradient"),
      direction,
      (slice, y) => (slice * height + y) * flatRowCells,
    );
  }

  /** Copies rows between a dense array and another, where they begin at other cells. */
  #copy(
    dense: Float32Array,
    other: Float32Array,
    direction: "in" | "out",
    cellOf: (slice: number, y: number) => number,
  ): void {
    const { batch, height, width, channels } = this.#shape;
    const length = width * channels;
    for (let row = 0; row < batch * height; row++) {
      const at = channels * cellOf(Math.floor(row / height), row % height);
      const [from, to] = [
        dense.subarray(row * length, (row + 1) * length),
        other.subarray(at, at + length),
      ];
      if (direction === "in") to.set(from);
      else from.set(to);
    }
  }
}

/**
 * One rollout as the kernels see it: its fields, tables and arrays in the shared memory.
 *
 * @module
 */

import { fireKey, fireThreshold } from "../fire_mask.ts";
import type { RolloutOptions } from "../types.ts";
import type { Arena } from "./arena.ts";
import { BLOCK, JOB_FIELDS, type Sizes, sizes } from "./layout.ts";
import type { Team } from "./team.ts";

/** Cells in a chunk, about: few enough to share out evenly, enough to be worth its sums. */
const CHUNK_CELLS = 1280;

/** Chunks that a small batch is cut into at the least, so that every thread has some. */
const MIN_CHUNKS = 16;

/** Cells that perception computes at once; flat rows are a multiple of it. */
const TILE = 8;

/** Room behind an array for vectors that begin inside it. */
const SLACK = 1024;

type Field = typeof JOB_FIELDS[number];

/** Plain values of the weights, in PyTorch's layouts. */
export interface WeightValues {
  /** [c, 1, k, k] */
  perceptionWeight: Float32Array;
  /** [h, 2c, 1, 1] */
  fc1Weight: Float32Array;
  /** [h] */
  bnWeight: Float32Array;
  /** [h] */
  bnBias: Float32Array;
  /** [c − 1, h, 1, 1] */
  fc2Weight: Float32Array;
  /** [c − 1] */
  fc2Bias: Float32Array;
}

/** Gradients of the weights, in PyTorch's layouts. */
export interface WeightGradients extends WeightValues {}

/** The shape of a rollout. */
export interface JobShape {
  batch: number;
  height: number;
  width: number;
  channels: number;
  hidden: number;
  kernelSize: number;
}

/** A rollout in the shared memory. */
export class Job {
  readonly address: number;
  readonly #arena: Arena;
  readonly #team: Team;
  readonly #shape: JobShape;
  readonly #options: RolloutOptions;
  readonly #sizes: Sizes;
  readonly #pieces: number[] = [];
  readonly #values: Record<Field, number>;

  /**
   * Sets a rollout up.
   *
   * @param keep Whether to keep every state, for the gradient.
   */
  constructor(
    arena: Arena,
    team: Team,
    shape: JobShape,
    weights: WeightValues,
    options: RolloutOptions,
    keep: boolean,
  ) {
    this.#arena = arena;
    this.#team = team;
    this.#shape = shape;
    this.#options = options;
    this.#sizes = sizes(shape.channels, shape.hidden);
    this.#values = Object.fromEntries(JOB_FIELDS.map((name) => [name, 0])) as Record<Field, number>;
    try {
      this.address = this.#allocate(JOB_FIELDS.length * 4);
      this.#setGrid(keep);
      this.#setMasks();
      this.#setWeights(weights);
      this.#setArrays();
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
    const { states, stateBytes, keepStates } = this.#values;
    this.#arena.floats.fill(0, states / 4, (states + stateBytes) / 4);
    this.#copyRows(state, states, "in");
    this.#run("forward");
    const { steps } = this.#options;
    const last = states + (keepStates ? steps * stateBytes : 0);
    const result = new Float32Array(state.length);
    this.#copyRows(result, last, "out");
    return result;
  }

  /**
   * Carries a gradient back through the steps; the states must have been kept.
   *
   * @param gradient ∂L/∂(last state), [B, H, W, c].
   * @returns ∂L/∂(first state), [B, H, W, c], and the weights' gradients.
   */
  backward(gradient: Float32Array): { state: Float32Array; weights: WeightGradients } {
    this.#setBackwardArrays();
    this.#copyFlat(gradient, "in");
    this.#run("backward");
    const state = new Float32Array(gradient.length);
    this.#copyFlat(state, "out");
    return { state, weights: this.#readGradients() };
  }

  /** Gives the memory back. */
  release(): void {
    for (const piece of this.#pieces.splice(0)) this.#arena.release(piece);
  }

  #run(task: "forward" | "backward"): void {
    this.#arena.integers.set(JOB_FIELDS.map((name) => this.#values[name]), this.address / 4);
    this.#team.run(task, this.address);
  }

  #allocate(bytes: number): number {
    const address = this.#arena.allocate(bytes);
    this.#pieces.push(address);
    return address;
  }

  #setGrid(keep: boolean): void {
    const { batch, height, width, kernelSize } = this.#shape;
    const v = this.#values;
    v.batch = batch;
    v.height = height;
    v.width = width;
    v.kernelSize = kernelSize;
    v.steps = this.#options.steps;
    v.groups = this.#options.stats === "slice" ? batch : 1;
    v.threads = this.#team.threads;
    v.sync = this.#team.sync;
    v.keepStates = keep ? 1 : 0;
    v.flatRowCells = Math.ceil(width / TILE) * TILE;
    v.rowCells = v.flatRowCells + kernelSize - 1;
    v.planeRows = height + kernelSize - 1;
    // The cut must not depend on the number of threads: sums are added chunk by chunk.
    const least = Math.ceil(MIN_CHUNKS / batch);
    v.chunkRows = Math.max(1, Math.min(Math.ceil(CHUNK_CELLS / width), Math.ceil(height / least)));
    v.chunksPerSlice = Math.ceil(height / v.chunkRows);
    v.chunks = v.chunksPerSlice * batch;
    v.stateBytes = batch * v.planeRows * v.rowCells * this.#sizes.state;
  }

  #setMasks(): void {
    const { seeds, steps, firstStep = 0, fireRate, masks } = this.#options;
    const v = this.#values;
    v.threshold = fireThreshold(fireRate);
    v.keys = this.#allocate(steps * seeds.length * 4);
    const keys = this.#arena.integers.subarray(v.keys / 4);
    for (let step = 0; step < steps; step++) {
      for (const [slice, seed] of seeds.entries()) {
        keys[step * seeds.length + slice] = fireKey(seed, firstStep + step);
      }
    }
    if (masks) {
      v.masks = this.#allocate(masks.length);
      this.#arena.bytes.set(masks, v.masks);
    }
  }

  #setWeights(weights: WeightValues): void {
    const { channels: c, hidden: h, kernelSize } = this.#shape;
    const v = this.#values;
    const taps = kernelSize ** 2;
    v.kernel = this.#allocate(taps * c * 4);
    v.kernelFlipped = this.#allocate(taps * c * 4);
    v.w1 = this.#allocate(weights.fc1Weight.byteLength);
    v.gamma = this.#allocate(h * 4);
    v.beta = this.#allocate(h * 4);
    v.w2 = this.#allocate(c * h * 4);
    v.w2t = this.#allocate(c * h * 4);
    v.b2 = this.#allocate(c * 4);
    const floats = this.#arena.floats;
    for (let channel = 0; channel < c; channel++) {
      for (let tap = 0; tap < taps; tap++) {
        const weight = weights.perceptionWeight[channel * taps + tap]!;
        floats[v.kernel / 4 + tap * c + channel] = weight;
        floats[v.kernelFlipped / 4 + (taps - 1 - tap) * c + channel] = weight;
      }
    }
    floats.set(weights.fc1Weight, v.w1 / 4);
    floats.set(weights.bnWeight, v.gamma / 4);
    floats.set(weights.bnBias, v.beta / 4);
    // The image never changes: its row of fc2 is zero.
    for (let channel = 0; channel < c; channel++) {
      for (let unit = 0; unit < h; unit++) {
        const weight = channel === 0 ? 0 : weights.fc2Weight[(channel - 1) * h + unit]!;
        floats[v.w2 / 4 + channel * h + unit] = weight;
        floats[v.w2t / 4 + unit * c + channel] = weight;
      }
      floats[v.b2 / 4 + channel] = channel === 0 ? 0 : weights.fc2Bias[channel - 1]!;
    }
  }

  #setArrays(): void {
    const { batch, height, width } = this.#shape;
    const { steps } = this.#options;
    const s = this.#sizes;
    const v = this.#values;
    v.perception = this.#allocate(this.#flatBytes() + SLACK);
    v.chunkSums = this.#allocate(v.chunks * s.chunkSums);
    v.stats = this.#allocate((steps + 1) * v.groups * s.stats);
    v.work = this.#allocate(v.groups * s.work);
    const block = BLOCK * (s.both + s.hidden + s.state);
    const list = 8 * (v.chunkRows * width + 1);
    const group = 2 * s.chunkSums + s.groupGradients + s.both;
    v.scratchBytes = Math.ceil(Math.max(block + list, group) / 64) * 64;
    v.scratch = this.#allocate(v.threads * v.scratchBytes);
    const count = v.keepStates ? steps + 1 : 1;
    v.states = this.#allocate(count * v.stateBytes + SLACK);
    if (batch * height * width === 0) throw new TypeError("Cannot run an NCA: the state is empty");
  }

  #setBackwardArrays(): void {
    const { channels: c, hidden: h, kernelSize, width } = this.#shape;
    const s = this.#sizes;
    const v = this.#values;
    const taps = kernelSize ** 2;
    v.gradient = this.#allocate(this.#flatBytes() + SLACK);
    v.perceptionGradient = this.#allocate(v.stateBytes + SLACK);
    this.#arena.bytes.fill(0, v.perceptionGradient, v.perceptionGradient + v.stateBytes);
    const rows = Math.ceil(v.chunkRows * width / 4) * 4;
    v.firedGradient = this.#allocate(v.chunks * rows * s.both);
    v.chunkGradientBytes = s.hidden * (2 * c + 1 + c) + s.state * (1 + taps);
    v.chunkGradients = this.#allocate(v.chunks * v.chunkGradientBytes);
    v.groupGradients = this.#allocate(v.groups * s.groupGradients);
    v.result = this.#allocate(s.groupGradients + h * c * 4 + s.state * (1 + taps));
  }

  #readGradients(): WeightGradients {
    const { channels: c, hidden: h, kernelSize } = this.#shape;
    const taps = kernelSize ** 2;
    let at = this.#values.result / 4;
    const floats = this.#arena.floats;
    // Copies in plain memory: what is read here is kept longer than the job.
    const take = (count: number) => Float32Array.from(floats.subarray(at, at += count));
    const fc1Weight = take(h * 2 * c);
    const bnWeight = take(h);
    const bnBias = take(h);
    const fc2Weight = take(c * h).subarray(h);
    const fc2Bias = take(c).subarray(1);
    const byTap = take(taps * c);
    const perceptionWeight = new Float32Array(taps * c);
    for (let tap = 0; tap < taps; tap++) {
      for (let channel = 0; channel < c; channel++) {
        perceptionWeight[channel * taps + tap] = byTap[tap * c + channel]!;
      }
    }
    return { perceptionWeight, fc1Weight, bnWeight, bnBias, fc2Weight, fc2Bias };
  }

  #flatBytes(): number {
    const { batch, height } = this.#shape;
    return batch * height * this.#values.flatRowCells * this.#sizes.state;
  }

  /** Copies a dense state into or out of a bordered one. */
  #copyRows(dense: Float32Array, address: number, direction: "in" | "out"): void {
    const { batch, height, kernelSize, channels } = this.#shape;
    const { rowCells, planeRows } = this.#values;
    const border = kernelSize >> 1;
    const rows = [];
    for (let slice = 0; slice < batch; slice++) {
      for (let y = 0; y < height; y++) {
        rows.push(
          address / 4 + ((slice * planeRows + y + border) * rowCells + border) * channels,
        );
      }
    }
    this.#copy(dense, rows, direction);
  }

  /** Copies a dense state's gradient into or out of the flat gradient. */
  #copyFlat(dense: Float32Array, direction: "in" | "out"): void {
    const { batch, height, channels } = this.#shape;
    const { gradient, flatRowCells } = this.#values;
    const rows = Array.from(
      { length: batch * height },
      (_, row) => gradient / 4 + row * flatRowCells * channels,
    );
    this.#copy(dense, rows, direction);
  }

  #copy(dense: Float32Array, rows: number[], direction: "in" | "out"): void {
    const length = this.#shape.width * this.#shape.channels;
    const floats = this.#arena.floats;
    for (const [row, at] of rows.entries()) {
      const [begin, end] = [row * length, (row + 1) * length];
      if (direction === "in") floats.set(dense.subarray(begin, end), at);
      else dense.set(floats.subarray(at, at + length), begin);
    }
  }
}

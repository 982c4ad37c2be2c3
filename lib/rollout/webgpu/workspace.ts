/**
 * The buffers of a rollout, and its phases as two lists of dispatches that are created once and
 * reused in every training step.
 *
 * @module
 */

import { fireKey, fireThreshold } from "../fire_mask.ts";
import type { RolloutOptions } from "../types.ts";
import { copy, type Dispatch, run } from "./dispatch.ts";
import { type Layout, layoutOf } from "./layout.ts";
import { type Partition, partition, type RolloutShape, VEC4 } from "./partition.ts";
import type { Phase, Pipelines } from "./pipelines.ts";
import { DENSE_THREADS } from "./shaders/backward_dense.ts";
import { REDUCE_COLUMNS } from "./shaders/reduce.ts";

/** The buffers and dispatches of one rollout. */
export class Workspace {
  readonly shape: RolloutShape;
  /** The last state, [B, H, W, c]. */
  readonly result: GPUBuffer;
  /** After the backward pass, ∂L/∂(first state). Only where states are kept. */
  readonly gradient: GPUBuffer | undefined;
  /** After the backward pass: dW1, dγ, dβ; dW2ᵀ, db2; dK. Only where states are kept. */
  readonly gradients: readonly GPUBuffer[] = [];
  readonly #device: GPUDevice;
  readonly #pipelines: Pipelines;
  readonly #layout: Layout;
  readonly #buffers: GPUBuffer[] = [];
  readonly #partition: Partition;
  readonly #states: readonly GPUBuffer[];
  readonly #perception: GPUBuffer;
  readonly #size: GPUBuffer;
  readonly #weights: GPUBuffer;
  readonly #fire: GPUBuffer;
  readonly #stats: GPUBuffer;
  readonly #shifts: GPUBuffer;
  /** Sums over all steps, zero before the first. */
  readonly #totals: GPUBuffer[] = [];
  readonly #forward: Dispatch[] = [];
  readonly #backward: Dispatch[] = [];

  constructor(device: GPUDevice, pipelines: Pipelines, shape: RolloutShape) {
    this.shape = shape;
    this.#device = device;
    this.#pipelines = pipelines;
    this.#layout = layoutOf(shape);
    this.#partition = partition(shape);
    const { stateLength, statsBytes, fireBytes, groups } = this.#partition;
    const { steps, keep } = shape;
    this.#states = Array.from({ length: keep ? steps + 1 : 2 }, () => this.#vec4s(stateLength));
    this.result = this.#stateAt(steps);
    this.#perception = this.#vec4s(stateLength);
    this.#size = this.#uniform(48);
    this.#weights = this.#vec4s(this.#layout.weights.length);
    this.#fire = this.#vec4s(fireBytes * steps / VEC4);
    this.#stats = this.#vec4s(statsBytes * steps / VEC4);
    this.#shifts = this.#vec4s(groups * this.#layout.v4);
    this.#planForward();
    if (keep) {
      this.gradient = this.#vec4s(stateLength);
      this.gradients = this.#planBackward(this.gradient);
    }
  }

  /**
   * Runs the rollout.
   *
   * @param weights In the layout's order.
   */
  forward(state: GPUBuffer, weights: GPUBuffer, options: RolloutOptions): void {
    this.#writeSize(options.fireRate);
    this.#writeFire(options);
    const encoder = this.#device.createCommandEncoder();
    copy(encoder, weights, this.#weights);
    copy(encoder, state, this.#stateAt(0));
    encoder.clearBuffer(this.#shifts);
    run(encoder, this.#forward);
    this.#device.queue.submit([encoder.finish()]);
  }

  /** Runs the gradient of the last rollout, from the gradient of its result. */
  backward(gradient: GPUBuffer): void {
    const encoder = this.#device.createCommandEncoder();
    copy(encoder, gradient, this.gradient!);
    for (const buffer of this.#totals) encoder.clearBuffer(buffer);
    run(encoder, this.#backward);
    this.#device.queue.submit([encoder.finish()]);
  }

  /** Frees its buffers once submitted commands are done. */
  dispose(): void {
    for (const buffer of this.#buffers) buffer.destroy();
  }

  #planForward(): void {
    const { chunks, groups } = this.#partition;
    const { batch, steps } = this.shape;
    const length = this.#layout.momentsLength;
    const moments = this.#vec4s(batch * chunks * length);
    const ofGroups = this.#vec4s(groups * length);
    const plan = this.#forward;
    const statistics = (step: number) => {
      this.#add(plan, "statistics", [chunks, batch], [
        this.#weights,
        this.#stateAt(step),
        this.#shifts,
        this.#perception,
        moments,
      ]);
      this.#addReduce(plan, moments, ofGroups, { groups, stride: length });
      this.#add(plan, "fold", [groups, 1], [
        this.#weights,
        this.#shifts,
        ofGroups,
        this.#statsAt(step),
      ]);
    };
    // Sums of products around a far shift lose digits, so the first step's statistics, around
    // zero, only give the shift to take them around again.
    statistics(0);
    for (let step = 0; step < steps; step++) {
      statistics(step);
      this.#add(plan, "update", [chunks, batch], [
        this.#weights,
        this.#stateAt(step),
        this.#perception,
        this.#statsAt(step),
        this.#stateAt(step + 1),
        this.#fireAt(step),
      ]);
    }
  }

  #planBackward(gradient: GPUBuffer): GPUBuffer[] {
    const { cells, chunks, groups, stateLength } = this.#partition;
    const { batch, steps } = this.shape;
    const { chunk, c4, taps, map: { length: mapLength }, group } = this.#layout;
    const kernelLength = taps * c4;
    const seenGradient = this.#vec4s(stateLength);
    const sums = this.#vec4s(batch * chunks * chunk.length);
    const ofGroups = this.#vec4s(groups * chunk.fc2);
    const map = this.#vec4s(groups * mapLength);
    const kernelSums = this.#vec4s(batch * chunks * kernelLength);
    const groupGradients = this.#vec4s(groups * group.length);
    this.#totals.push(sums, kernelSums, groupGradients);
    const plan = this.#backward;
    for (let step = steps - 1; step >= 0; step--) {
      const state = this.#stateAt(step);
      const stats = this.#statsAt(step);
      // The forward pass has left the last step's perception; each step here leaves the next's.
      this.#add(plan, "backwardFired", [chunks, batch], [
        this.#weights,
        state,
        this.#perception,
        stats,
        gradient,
        seenGradient,
        sums,
        this.#fireAt(step),
      ]);
      this.#addReduce(plan, sums, ofGroups, { groups, stride: chunk.length, count: chunk.fc2 });
      this.#add(plan, "backwardStatistics", [groups, 1], [
        this.#weights,
        stats,
        ofGroups,
        groupGradients,
        map,
      ]);
      this.#add(plan, "backwardDense", [Math.ceil(cells / DENSE_THREADS), batch], [
        state,
        this.#perception,
        stats,
        map,
        gradient,
        seenGradient,
        this.#fireAt(step),
      ]);
      this.#add(plan, "backwardPerception", [chunks, batch], [
        this.#weights,
        state,
        seenGradient,
        gradient,
        kernelSums,
        this.#stateAt(Math.max(step - 1, 0)),
        this.#perception,
      ]);
    }
    const fc2Length = chunk.length - chunk.fc2;
    const results = [group.length, fc2Length, kernelLength].map((length) => this.#vec4s(length));
    const [ofFc1, ofFc2, ofKernel] = results as [GPUBuffer, GPUBuffer, GPUBuffer];
    this.#addReduce(plan, groupGradients, ofFc1, { stride: group.length, parts: groups });
    this.#addReduce(plan, sums, ofFc2, {
      stride: chunk.length,
      first: chunk.fc2,
      count: fc2Length,
    });
    this.#addReduce(plan, kernelSums, ofKernel, { stride: kernelLength });
    return results;
  }

  /** Adds up parts, by default the chunks of the whole batch, to one sum a group. */
  #addReduce(
    plan: Dispatch[],
    from: GPUBuffer,
    to: GPUBuffer,
    options: { stride: number; groups?: number; parts?: number; first?: number; count?: number },
  ): void {
    const { stride, groups = 1, first = 0, count = stride } = options;
    const { parts = this.shape.batch * this.#partition.chunks / groups } = options;
    const uniform = this.#uniform(16);
    this.#device.queue.writeBuffer(uniform, 0, new Uint32Array([parts, stride, first, count]));
    const size = [Math.ceil(count / REDUCE_COLUMNS), groups] as const;
    this.#add(plan, "reduce", size, [from, to], uniform);
  }

  #add(
    plan: Dispatch[],
    phase: Phase,
    [x, y]: readonly [number, number],
    storage: readonly (GPUBuffer | GPUBufferBinding)[],
    uniform = this.#size,
  ): void {
    const pipeline = this.#pipelines[phase];
    const bindings = this.#device.createBindGroup({
      layout: pipeline.getBindGroupLayout(0),
      entries: [uniform, ...storage].map((part, binding) => ({
        binding,
        resource: "buffer" in part ? part : { buffer: part },
      })),
    });
    plan.push({ pipeline, bindings, x, y });
  }

  #stateAt(step: number): GPUBuffer {
    return this.#states[step % this.#states.length]!;
  }

  #statsAt(step: number): GPUBufferBinding {
    const { statsBytes } = this.#partition;
    return { buffer: this.#stats, offset: step * statsBytes, size: statsBytes };
  }

  #fireAt(step: number): GPUBufferBinding {
    const { fireBytes } = this.#partition;
    return { buffer: this.#fire, offset: step * fireBytes, size: fireBytes };
  }

  #writeSize(fireRate: number): void {
    const { height, width, batch, masked } = this.shape;
    const { cells, groups, chunks, tiles } = this.#partition;
    const threshold = fireThreshold(fireRate);
    const values = new Uint32Array(12);
    values.set([height, width, cells, groups, chunks, tiles, threshold, masked ? 1 : 0]);
    new Float32Array(values.buffer)[8] = cells * batch / groups;
    this.#device.queue.writeBuffer(this.#size, 0, values);
  }

  #writeFire({ seeds, masks, firstStep = 0 }: RolloutOptions): void {
    const { steps } = this.shape;
    const stride = this.#partition.fireBytes / 4;
    const values = new Uint32Array(stride * steps);
    for (let step = 0; step < steps; step++) {
      const fire = masks === undefined
        ? seeds.map((seed) => fireKey(seed, firstStep + step))
        : masks.subarray(step * masks.length / steps, (step + 1) * masks.length / steps);
      values.set(fire, step * stride);
    }
    this.#device.queue.writeBuffer(this.#fire, 0, values);
  }

  #vec4s(length: number): GPUBuffer {
    const { STORAGE, COPY_SRC, COPY_DST } = GPUBufferUsage;
    return this.#buffer(length * VEC4, STORAGE | COPY_SRC | COPY_DST);
  }

  #uniform(size: number): GPUBuffer {
    return this.#buffer(size, GPUBufferUsage.UNIFORM | GPUBufferUsage.COPY_DST);
  }

  #buffer(size: number, usage: number): GPUBuffer {
    const buffer = this.#device.createBuffer({ size, usage });
    this.#buffers.push(buffer);
    return buffer;
  }
}

// Backward, the cells that fired: recompute y from the stored state, then the gradients of fc2, of
// ReLU and of the folded fc1, and the part of ∂L/∂v that goes through the cell's own update.

import { groupOf, inset, listFiring, packListed, stateAt } from "./cells";
import { BLOCK, C, C_ROW, H, H_ROW, Job, V, V_ROW } from "./layout";
import { fc1, fc2Gradient, fc2Input, foldedGradient, foldedInput } from "./products";
import { copyRow, sumRows } from "./stencils";
import { statsOf, workOf, WORK_A } from "./statistics";

// A chunk's sums: D (H × V), d (H), dW2 (C × H), db2 (C), then the kernel's (taps × C).
export const SUM_D: usize = 0;
export const SUM_D_BIAS: usize = <usize>H * V_ROW;
export const SUM_W2: usize = SUM_D_BIAS + H_ROW;
export const SUM_B2: usize = SUM_W2 + <usize>C * H_ROW;
export const SUM_KERNEL: usize = SUM_B2 + C_ROW;

// @ts-ignore: decorator
@inline
export function chunkGradients(job: Job, chunk: i32): usize {
  return <usize>job.chunkGradients + <usize>chunk * <usize>job.chunkGradientBytes;
}

/** Where the rows of ∂L/∂v of a chunk's firing cells lie, one after the other. */
// @ts-ignore: decorator
@inline
export function firedGradients(job: Job, chunk: i32): usize {
  // Blocks are written with up to three rows too many, so a chunk's room is a multiple of four.
  const rows = (<i32>(job.chunkRows * job.width) + 3) & ~3;
  return <usize>job.firedGradient + <usize>(chunk * rows) * V_ROW;
}

/** The firing cells of a chunk at a step. Perception of that step must be there. */
export function firedChunk(job: Job, step: i32, chunk: i32, scratch: usize): void {
  const sums = chunkGradients(job, chunk);
  // D and d are of this step alone; the others add up over all steps.
  memory.fill(sums, 0, SUM_W2);
  const group = groupOf(job, chunk);
  const mean = statsOf(job, step, group);
  const folded = workOf(job, group);
  const state = stateAt(job, step) + inset(job);
  const packed = scratch;
  const hidden = packed + <usize>BLOCK * V_ROW;
  const slope = hidden + <usize>BLOCK * H_ROW;
  const list = slope + <usize>BLOCK * C_ROW;
  let out = firedGradients(job, chunk);
  const firing = listFiring(job, step, chunk, list);
  for (let at = 0; at < firing; at += BLOCK) {
    const cells = list + (<usize>at << 3);
    const count = min(BLOCK, firing - at);
    const padded = packListed(packed, cells, count, job.perception, state, mean);
    packSlopes(slope, cells, count, job.gradient);
    fc1(packed, folded, job.beta, hidden, padded);
    fc2Gradient(slope, hidden, sums + SUM_W2, padded);
    sumRows(slope, padded, sums + SUM_B2);
    fc2Input(slope, job.w2, 0, hidden, padded, sums + SUM_D_BIAS);
    foldedGradient(hidden, packed, sums + SUM_D, padded);
    foldedInput(hidden, folded + WORK_A, 0, out, padded);
    out += <usize>count * V_ROW;
  }
}

function packSlopes(out: usize, list: usize, count: i32, gradient: usize): void {
  for (let i = 0; i < count; i++) {
    const from = gradient + load<u32>(list + (<usize>i << 3), 4);
    copyRow(out, from);
    out += C_ROW;
  }
  memory.fill(out, 0, <usize>(((count + 3) & ~3) - count) * C_ROW);
}

// Backward, the cells that fired: recompute y from the stored state, then the gradients of fc2, of
// ReLU and of the folded fc1, and the part of ∂L/∂v that goes through the cell's own update.

import { groupOf, inset, listFiring, packListed, stateAt } from "./cells";
import {
  BLOCK,
  C_ROW,
  CHUNK_GRADIENTS_B2,
  CHUNK_GRADIENTS_D,
  CHUNK_GRADIENTS_D_BIAS,
} from "./buffers";
import { CHUNK_GRADIENTS_D_BYTES, CHUNK_GRADIENTS_KERNEL, CHUNK_GRADIENTS_W2 } from "./buffers";
import { CHUNK_GRADIENTS_W2_BYTES, chunkGradientsAt, firedGradientAt, H_ROW, Job } from "./buffers";
import { SCRATCH_CHANGE, SCRATCH_HIDDEN, SCRATCH_LIST, SCRATCH_PACKED } from "./buffers";
import { STATS_MEAN, V_ROW, WORK_FOLDED, WORK_TRANSPOSED, workAt } from "./buffers";
import { fc1, fc2Gradient, fc2Input, foldedGradient, foldedInput } from "./products";
import { copyRow, sumRows } from "./stencils";
import { statsOf } from "./statistics";

/** Clears what a chunk adds up over all steps. */
export function clearChunk(job: Job, chunk: i32): void {
  const sums = chunkGradientsAt(job, chunk);
  const taps = <usize> (job.kernelSize * job.kernelSize);
  memory.fill(sums + CHUNK_GRADIENTS_W2, 0, CHUNK_GRADIENTS_W2_BYTES);
  memory.fill(sums + CHUNK_GRADIENTS_B2, 0, C_ROW);
  memory.fill(sums + CHUNK_GRADIENTS_KERNEL, 0, taps * C_ROW);
}

/** The firing cells of a chunk at a step. Perception of that step must be there. */
export function firedChunk(job: Job, step: i32, chunk: i32, scratch: usize): void {
  const sums = chunkGradientsAt(job, chunk);
  // D and d are of this step alone; the others add up over all steps.
  memory.fill(sums + CHUNK_GRADIENTS_D, 0, CHUNK_GRADIENTS_D_BYTES);
  memory.fill(sums + CHUNK_GRADIENTS_D_BIAS, 0, H_ROW);
  const group = groupOf(job, chunk);
  const mean = statsOf(job, step, group) + STATS_MEAN;
  const folded = workAt(job, group) + WORK_FOLDED;
  const transposed = workAt(job, group) + WORK_TRANSPOSED;
  const state = stateAt(job, step) + inset(job);
  const packed = scratch + SCRATCH_PACKED;
  const hidden = scratch + SCRATCH_HIDDEN;
  const slope = scratch + SCRATCH_CHANGE;
  const list = scratch + SCRATCH_LIST;
  let out = firedGradientAt(job, chunk);
  const firing = listFiring(job, step, chunk, list);
  for (let at = 0; at < firing; at += BLOCK) {
    const cells = list + (<usize> at << 3);
    const count = min(BLOCK, firing - at);
    const padded = packListed(packed, cells, count, job.perception, state, mean);
    packSlopes(slope, cells, count, job.gradient);
    fc1(packed, transposed, job.beta, hidden, padded);
    fc2Gradient(slope, hidden, sums + CHUNK_GRADIENTS_W2, padded);
    sumRows(slope, padded, sums + CHUNK_GRADIENTS_B2);
    fc2Input(slope, job.w2, job.zeros, hidden, padded, sums + CHUNK_GRADIENTS_D_BIAS);
    foldedGradient(hidden, packed, sums + CHUNK_GRADIENTS_D, padded);
    foldedInput(hidden, folded, job.zeros, out, padded);
    out += <usize> count * V_ROW;
  }
}

function packSlopes(out: usize, list: usize, count: i32, gradient: usize): void {
  for (let i = 0; i < count; i++) {
    const from = gradient + load<u32>(list + (<usize> i << 3), 4);
    copyRow(out, from);
    out += C_ROW;
  }
  memory.fill(out, 0, <usize> (((count + 3) & ~3) - count) * C_ROW);
}

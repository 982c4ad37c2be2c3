// The cells that fire change: x += W2 relu(A (v − mean) + β) + b2. The others are copied.

import { borderedRow, firstRow, groupOf, inset, lastRow, listFiring } from "./cells";
import { packListed, sliceOf, stateAt } from "./cells";
import { BLOCK, C_ROW, Job, SCRATCH_CHANGE, SCRATCH_HIDDEN, SCRATCH_LIST } from "./buffers";
import { SCRATCH_PACKED, STATS_MEAN, WORK_TRANSPOSED, workAt } from "./buffers";
import { fc1, fc2 } from "./products";
import { addRow } from "./stencils";
import { statsOf } from "./statistics";

/** One step of a chunk, from the state at `step` to the one after. */
export function updateChunk(job: Job, step: i32, chunk: i32, scratch: usize): void {
  const from = stateAt(job, step);
  const to = stateAt(job, step + 1);
  if (to != from) copyRows(job, chunk, from, to);

  const group = groupOf(job, chunk);
  const mean = statsOf(job, step, group) + STATS_MEAN;
  const transposed = workAt(job, group) + WORK_TRANSPOSED;
  const inner = inset(job);
  const packed = scratch + SCRATCH_PACKED;
  const hidden = scratch + SCRATCH_HIDDEN;
  const change = scratch + SCRATCH_CHANGE;
  const list = scratch + SCRATCH_LIST;
  const firing = listFiring(job, step, chunk, list);
  for (let at = 0; at < firing; at += BLOCK) {
    const cells = list + (<usize> at << 3);
    const count = min(BLOCK, firing - at);
    const padded = packListed(packed, cells, count, job.perception, from + inner, mean);
    fc1(packed, transposed, job.beta, hidden, padded);
    fc2(hidden, job.w2t, job.b2, change, padded);
    for (let i = 0; i < count; i++) {
      const cell = to + inner + load<u32>(cells + (<usize> i << 3));
      addRow(cell, change + <usize> i * C_ROW);
    }
  }
}

// The border goes along with the first and last rows, so that a state need not be cleared first.
function copyRows(job: Job, chunk: i32, from: usize, to: usize): void {
  const slice = sliceOf(job, chunk);
  const border = <i32> job.kernelSize >> 1;
  const first = firstRow(job, chunk);
  const last = lastRow(job, chunk);
  const begin = borderedRow(job, slice, first == 0 ? 0 : first + border);
  const end = borderedRow(job, slice, last + (last == <i32> job.height ? 2 * border : border));
  memory.copy(to + begin, from + begin, end - begin);
}

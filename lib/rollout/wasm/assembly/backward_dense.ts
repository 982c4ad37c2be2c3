// Backward, every cell: ∂L/∂v = M (v − mean) + t, plus its own part where it fired. The half of it
// that belongs to the state is added to the gradient; the half of perception goes to a bordered
// array, for the transposed convolution that follows.

import { borderedRow, firstRow, flatRow, groupOf, inset, lastRow, listFiring } from "./cells";
import { packCell, sliceOf, stateAt } from "./cells";
import { BLOCK, C_ROW, firedGradientAt, Job, SCRATCH_DENSE, SCRATCH_LIST } from "./buffers";
import { SCRATCH_PACKED, STATS_MEAN, V_ROW, WORK_MAP, WORK_SHIFT, workAt } from "./buffers";
import { dense } from "./products";
import { addLongRow, addRow, copyRow } from "./stencils";
import { statsOf } from "./statistics";

/** All cells of a chunk at a step. */
export function denseChunk(job: Job, step: i32, chunk: i32, scratch: usize): void {
  const slice = sliceOf(job, chunk);
  const group = groupOf(job, chunk);
  const mean = statsOf(job, step, group) + STATS_MEAN;
  const m = workAt(job, group) + WORK_MAP;
  const t = workAt(job, group) + WORK_SHIFT;
  const state = stateAt(job, step) + inset(job);
  const packed = scratch + SCRATCH_PACKED;
  const out = scratch + SCRATCH_DENSE;
  const list = scratch + SCRATCH_LIST;
  const firing = listFiring(job, step, chunk, list);
  // A last entry that no cell equals.
  store<u32>(list + (<usize> firing << 3), -1);
  let next = list;
  let fired = firedGradientAt(job, chunk);
  for (let y = firstRow(job, chunk), last = lastRow(job, chunk); y < last; y++) {
    let bordered = borderedRow(job, slice, y);
    let flat = flatRow(job, slice, y);
    for (let x = 0; x < <i32> job.width; x += BLOCK) {
      const count = min(BLOCK, <i32> job.width - x);
      for (let i: usize = 0; i < <usize> count; i++) {
        packCell(
          packed + i * V_ROW,
          <usize> job.perception + flat + i * C_ROW,
          state + bordered + i * C_ROW,
          mean,
        );
      }
      dense(packed, m, t, out, (count + 3) & ~3);
      for (let i: usize = 0; i < <usize> count; i++) {
        const row = out + i * V_ROW;
        if (load<u32>(next) == <u32> bordered) {
          addLongRow(row, fired);
          fired += V_ROW;
          next += 8;
        }
        copyRow(<usize> job.perceptionGradient + inset(job) + bordered, row);
        addRow(<usize> job.gradient + flat, row + C_ROW);
        bordered += C_ROW;
        flat += C_ROW;
      }
    }
  }
}

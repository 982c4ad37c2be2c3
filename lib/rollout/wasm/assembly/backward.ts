// The gradient of a whole rollout, run by every thread at once, from the stored states.

import { clearChunk, firedChunk } from "./backward_fired";
import { denseChunk } from "./backward_dense";
import { perceptionChunk } from "./backward_perception";
import { finishGroup, startGroup } from "./backward_statistics";
import { stateAt } from "./cells";
import { CHUNK_GRADIENTS_B2, CHUNK_GRADIENTS_KERNEL, CHUNK_GRADIENTS_W2 } from "./buffers";
import { C_ROW, CHUNK_GRADIENTS_W2_BYTES, chunkGradientsAt } from "./buffers";
import { GROUP_GRADIENTS_BETA, GROUP_GRADIENTS_GAMMA, GROUP_GRADIENTS_W1 } from "./buffers";
import { GROUP_GRADIENTS_W1_BYTES, groupGradientsAt, H_ROW, Job, scratchAt } from "./buffers";
import { convolveChunk } from "./perceive";
import { accumulate } from "./simd";
import { endPhase, nextTask, startPhases } from "./threads";

/**
 * Turns job.gradient from ∂L/∂(last state) into ∂L/∂(first state) and leaves the parameters'
 * gradients in the first group's and the first chunk's. Every thread calls it with its own number.
 */
export function backward(job: Job, thread: i32): void {
  const scratch = scratchAt(job, thread);
  const groups = <i32> job.groups;
  const chunks = <i32> job.chunks;
  const steps = <i32> job.steps;
  startPhases();
  for (let i = nextTask(job); i < groups; i = nextTask(job)) startGroup(job, i);
  endPhase(job, groups);
  for (let step = steps - 1; step >= 0; step--) {
    // Perception's gradient of the step after and the firing cells of this one touch only their
    // own chunk, so they need no barrier between them.
    for (let i = nextTask(job); i < chunks; i = nextTask(job)) {
      if (step == steps - 1) clearChunk(job, i);
      else perceptionChunk(job, step + 1, i);
      convolveChunk(job, i, stateAt(job, step), job.kernel, job.perception, false);
      firedChunk(job, step, i, scratch);
    }
    endPhase(job, chunks);
    for (let i = nextTask(job); i < groups; i = nextTask(job)) finishGroup(job, step, i, scratch);
    endPhase(job, groups);
    for (let i = nextTask(job); i < chunks; i = nextTask(job)) denseChunk(job, step, i, scratch);
    endPhase(job, chunks);
  }
  for (let i = nextTask(job); i < chunks; i = nextTask(job)) perceptionChunk(job, 0, i);
  endPhase(job, chunks);
  if (thread == 0) sumGradients(job);
}

/** Adds the groups' and the chunks' sums to the first of them, in order. */
function sumGradients(job: Job): void {
  const group = groupGradientsAt(job, 0);
  for (let i = 1; i < <i32> job.groups; i++) {
    const other = groupGradientsAt(job, i);
    accumulate(group + GROUP_GRADIENTS_W1, other + GROUP_GRADIENTS_W1, GROUP_GRADIENTS_W1_BYTES);
    accumulate(group + GROUP_GRADIENTS_GAMMA, other + GROUP_GRADIENTS_GAMMA, H_ROW);
    accumulate(group + GROUP_GRADIENTS_BETA, other + GROUP_GRADIENTS_BETA, H_ROW);
  }
  const chunk = chunkGradientsAt(job, 0);
  const taps = <usize> (job.kernelSize * job.kernelSize);
  for (let i = 1; i < <i32> job.chunks; i++) {
    const other = chunkGradientsAt(job, i);
    accumulate(chunk + CHUNK_GRADIENTS_W2, other + CHUNK_GRADIENTS_W2, CHUNK_GRADIENTS_W2_BYTES);
    accumulate(chunk + CHUNK_GRADIENTS_B2, other + CHUNK_GRADIENTS_B2, C_ROW);
    accumulate(chunk + CHUNK_GRADIENTS_KERNEL, other + CHUNK_GRADIENTS_KERNEL, taps * C_ROW);
  }
}

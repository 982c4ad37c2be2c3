// The gradient of a whole rollout, run by every thread at once, from the stored states.

import { chunkGradients, firedChunk, SUM_W2 } from "./backward_fired";
import { denseChunk } from "./backward_dense";
import { perceptionChunk } from "./backward_perception";
import { finishGroup, startGroup } from "./backward_statistics";
import { stateAt } from "./cells";
import { GROUP_GRADIENTS, Job } from "./layout";
import { convolveChunk } from "./perceive";
import { accumulate } from "./simd";
import { endPhase, nextTask, startPhases } from "./threads";

/**
 * Turns job.gradient from ∂L/∂(last state) into ∂L/∂(first state) and leaves the parameters'
 * gradients at job.result: dW1, dγ, dβ, dW2, db2, dK. Every thread calls it with its own number.
 */
export function backward(job: Job, thread: i32): void {
  const scratch = <usize>job.scratch + <usize>thread * <usize>job.scratchBytes;
  const groups = <i32>job.groups;
  const chunks = <i32>job.chunks;
  const steps = <i32>job.steps;
  startPhases();
  for (let i = nextTask(job); i < groups; i = nextTask(job)) startGroup(job, i);
  endPhase(job, groups);
  for (let step = steps - 1; step >= 0; step--) {
    // Perception's gradient of the step after and the firing cells of this one touch only their
    // own chunk, so they need no barrier between them.
    for (let i = nextTask(job); i < chunks; i = nextTask(job)) {
      if (step == steps - 1) memory.fill(chunkGradients(job, i), 0, job.chunkGradientBytes);
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

/** Adds the groups' and the chunks' sums, in order. */
function sumGradients(job: Job): void {
  const result = <usize>job.result;
  const rest = <usize>job.chunkGradientBytes - SUM_W2;
  memory.fill(result, 0, GROUP_GRADIENTS + rest);
  for (let i = 0; i < <i32>job.groups; i++) {
    accumulate(result, <usize>job.groupGradients + <usize>i * GROUP_GRADIENTS, GROUP_GRADIENTS);
  }
  for (let i = 0; i < <i32>job.chunks; i++) {
    accumulate(result + GROUP_GRADIENTS, chunkGradients(job, i) + SUM_W2, rest);
  }
}

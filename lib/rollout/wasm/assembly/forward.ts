// A whole rollout, run by every thread at once.

import { finishStatistics, guessMean, sumChunk } from "./statistics";
import { Job, scratchAt } from "./buffers";
import { endPhase, nextTask, startPhases } from "./threads";
import { updateChunk } from "./update";

/** Runs some steps of a job; every thread calls it with its own number. */
export function forward(job: Job, thread: i32): void {
  const scratch = scratchAt(job, thread);
  const groups = <i32> job.groups;
  const chunks = <i32> job.chunks;
  // Read now: behind the last barrier the first thread may set the next job up in its place.
  const from = <i32> job.from;
  const to = <i32> job.to;
  startPhases();
  if (from == 0) {
    for (let i = nextTask(job); i < groups; i = nextTask(job)) guessMean(job, i);
    endPhase(job, groups);
  }
  for (let step = from; step < to; step++) {
    for (let i = nextTask(job); i < chunks; i = nextTask(job)) sumChunk(job, step, i, scratch);
    endPhase(job, chunks);
    for (let i = nextTask(job); i < groups; i = nextTask(job)) {
      finishStatistics(job, step, i, scratch);
    }
    endPhase(job, groups);
    for (let i = nextTask(job); i < chunks; i = nextTask(job)) updateChunk(job, step, i, scratch);
    endPhase(job, chunks);
  }
}

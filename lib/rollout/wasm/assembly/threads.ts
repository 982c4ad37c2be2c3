// Distributes the work: every thread runs the same phases, takes chunks from one counter, and waits
// for the others at the end of each phase. Sums are kept per chunk and added in the order of the
// chunks, so the result does not depend on the distribution.

import { Job, SYNC_ARRIVED, SYNC_FAILED, SYNC_GENERATION, SYNC_NEXT } from "./buffers";

// Looks at the others this often before it sleeps, some tens of microseconds: phases end within
// that of each other, and to be woken takes as long. Between jobs threads sleep at once.
const SPINS: i32 = 20000;

// How many tasks were given out before this phase, the last of each thread's in vain.
let given: i32 = 0;

/** Call before the first phase. */
export function startPhases(): void {
  given = 0;
}

/** The next task of this phase, or a number of `tasks` or more where none is left. */
// @inline
export function nextTask(job: Job): i32 {
  return atomic.add<i32>(<usize> job.sync + SYNC_NEXT, 1) - given;
}

/** Waits until every thread has finished the phase of this many tasks. */
export function endPhase(job: Job, tasks: i32): void {
  given += tasks + <i32> job.threads;
  if (job.threads == 1) return;
  const sync = <usize> job.sync;
  const generation = atomic.load<i32>(sync + SYNC_GENERATION);
  if (atomic.add<i32>(sync + SYNC_ARRIVED, 1) == <i32> job.threads - 1) {
    atomic.store<i32>(sync + SYNC_ARRIVED, 0);
    atomic.add<i32>(sync + SYNC_GENERATION, 1);
    atomic.notify(sync + SYNC_GENERATION, -1);
    return;
  }
  for (let i = 0; i < SPINS; i++) {
    if (atomic.load<i32>(sync + SYNC_GENERATION) != generation) return;
  }
  while (atomic.load<i32>(sync + SYNC_GENERATION) == generation) {
    atomic.wait<i32>(sync + SYNC_GENERATION, generation);
    if (atomic.load<i32>(sync + SYNC_FAILED)) unreachable();
  }
}

/** Kills a process after some milliseconds, unless it has ended; returns the timer. */
export function killAfter(
  child: Deno.ChildProcess,
  milliseconds: number,
): ReturnType<typeof setTimeout> {
  return setTimeout(() => {
    try {
      child.kill("SIGKILL");
    } catch (error) { // it may have ended a moment before its status is known here
      if (!(error instanceof TypeError)) throw error;
    }
  }, milliseconds);
}

/**
 * Ctrl-C that saves first.
 *
 * @module
 */

/**
 * `deno task` forwards Ctrl-C to a process that already received it: two within this time count as
 * one.
 */
const ECHO_MS = 500;

/**
 * An abort signal for Ctrl-C or a request to terminate. The second Ctrl-C ends the process at once.
 *
 * @param onFirst Called at the first, to inform the user.
 */
export function interruptSignal(onFirst: () => void): AbortSignal {
  const controller = new AbortController();
  let first = 0;
  const interrupt = () => {
    if (!controller.signal.aborted) {
      first = performance.now();
      onFirst();
      controller.abort();
    } else if (performance.now() - first > ECHO_MS) {
      Deno.exit(INTERRUPTED);
    }
  };
  Deno.addSignalListener("SIGINT", interrupt);
  if (Deno.build.os !== "windows") Deno.addSignalListener("SIGTERM", interrupt);
  return controller.signal;
}

/** The exit status of a process that was interrupted, by convention. */
export const INTERRUPTED = 130;

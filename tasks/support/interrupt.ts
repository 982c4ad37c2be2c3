/**
 * Ctrl-C that saves first.
 *
 * @module
 */

/** `deno task` passes Ctrl-C on to a process that has got it already: two within this are one. */
const ECHO_MS = 500;

/**
 * A signal that Ctrl-C, or a request to end, aborts. The second Ctrl-C ends the process at once.
 *
 * @param onFirst Told at the first, to say what happens now.
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

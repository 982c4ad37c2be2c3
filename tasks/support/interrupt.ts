/**
 * Signals that end a task: Ctrl-C, a request to end, a terminal that closes.
 *
 * Every task imports this first, so that a signal ends it with the documented status while the
 * packages load, too.
 *
 * @module
 */

import { fstatSync } from "node:fs";

/** The exit status of a process that was interrupted, by convention. */
export const INTERRUPTED = 130;

/** `deno task` passes signals on to a process that has got them already: two within this are one. */
const ECHO_MS = 500;

/** A task that has nothing to save ends at once: its files are whole at any moment. */
const endAtOnce = (): void => Deno.exit(INTERRUPTED);
let onSignal: (signal: Deno.Signal) => void = endAtOnce;

const outlivesTerminal = isUnderNohup();
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
  if (signal === "SIGTERM" && Deno.build.os === "windows") continue;
  Deno.addSignalListener(signal, () => {
    if (signal !== "SIGHUP" || !outlivesTerminal) onSignal(signal);
  });
}
for (const name of ["log", "error"] as const) console[name] = heardOrNot(console[name]);

/** A task that saves before it ends. */
export interface Interruption extends Disposable {
  /** Aborted by the first signal. */
  readonly signal: AbortSignal;
}

/**
 * Lets a task save before it ends, until this is disposed: the first signal aborts, and another
 * Ctrl-C or request to end ends the process at once.
 */
export function saveAtSignals(notice: string): Interruption {
  const controller = new AbortController();
  let first = 0;
  onSignal = (signal) => {
    if (!controller.signal.aborted) {
      first = performance.now();
      controller.abort();
      console.error(`\n${notice}`);
    } else if (signal !== "SIGHUP" && performance.now() - first > ECHO_MS) {
      endAtOnce();
    }
  };
  return { signal: controller.signal, [Symbol.dispose]: () => void (onSignal = endAtOnce) };
}

/**
 * Whether the task is to outlive its terminal. Deno does not inherit that SIGHUP is ignored, but
 * nohup also leaves a standard input that cannot be read.
 */
function isUnderNohup(): boolean {
  try {
    if (Deno.stdin.isTerminal() || !fstatSync(0).isCharacterDevice()) return false;
    Deno.stdin.readSync(new Uint8Array(1));
    return false;
  } catch (error) {
    return (error as { code?: string }).code === "EBADF";
  }
}

/** Prints, unless the terminal is closed or the pipe has no reader; either way work continues. */
function heardOrNot(print: typeof console.log): typeof console.log {
  return (...values) => {
    try {
      print(...values);
    } catch (error) {
      if (!["EIO", "EPIPE"].includes((error as { code?: string }).code ?? "")) throw error;
    }
  };
}

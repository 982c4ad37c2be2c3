import { formatDuration } from "./format_duration.ts";

/** Shortest time between two redraws in a terminal, in milliseconds. */
const REDRAW_MS = 50;

/** Width of {@linkcode progressBar} in characters. */
const BAR_WIDTH = 24;

/** Options of {@linkcode StatusLine}. */
export interface StatusLineOptions {
  /** Without a terminal: seconds between two lines. Default: 10. */
  readonly seconds?: number;
  /** Without a terminal: whether to print the first text at once. Default: false. */
  readonly atOnce?: boolean;
}

/**
 * Progress on standard error: one line that is redrawn in a terminal, or a line every few seconds
 * in a log file.
 */
export class StatusLine implements Disposable {
  readonly #isTerminal = Deno.stderr.isTerminal();
  readonly #milliseconds: number;
  readonly #started = performance.now();
  #next: number;
  #isShown = false;

  constructor({ seconds = 10, atOnce = false }: StatusLineOptions = {}) {
    this.#milliseconds = this.#isTerminal ? REDRAW_MS : 1000 * seconds;
    this.#next = this.#isTerminal || atOnce ? 0 : this.#started + this.#milliseconds;
  }

  /** Replaces the text. */
  show(text: string): void {
    const now = performance.now();
    if (now < this.#next) return;
    this.#next = now + this.#milliseconds;
    if (this.#isTerminal) this.#replace(text);
    else console.error(text);
  }

  /** Shows a bar, "3/10 cases", and the remaining time; removes the line at the end. */
  count(done: number, total: number, unit: string): void {
    if (done >= total) return this.clear();
    const seconds = (performance.now() - this.#started) / 1000 / done * (total - done);
    const left = Number.isFinite(seconds) ? `, ${formatDuration(seconds)} left` : "";
    this.show(`${progressBar(done, total)} ${done}/${total} ${unit}${left}`);
  }

  /** Prints a permanent line above the status. */
  print(text: string): void {
    this.clear();
    console.error(text);
    this.#next = performance.now() + this.#milliseconds;
  }

  /** Removes the line. */
  clear(): void {
    if (this.#isShown) this.#replace("");
  }

  [Symbol.dispose](): void {
    this.clear();
  }

  #replace(text: string): void {
    const fitting = text.slice(0, columns() - 1); // a line that wraps could not be redrawn
    try {
      Deno.stderr.writeSync(new TextEncoder().encode(`\r${fitting}\x1b[K`));
    } catch {
      // The terminal was closed; the work continues or is saved
    }
    this.#isShown = text !== "";
  }
}

/**
 * A bar of text.
 *
 * @example
 * ```ts
 * import { progressBar } from "./status_line.ts";
 * import assert from "node:assert/strict";
 *
 * assert.equal(progressBar(1, 4), "━━━━━━──────────────────");
 * ```
 */
export function progressBar(done: number, total: number): string {
  const full = Math.floor(BAR_WIDTH * Math.min(done / total, 1));
  return "━".repeat(full) + "─".repeat(BAR_WIDTH - full);
}

function columns(): number {
  try {
    return Deno.consoleSize().columns || 80;
  } catch {
    return 80; // standard input or output is not a terminal
  }
}

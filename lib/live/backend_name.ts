/**
 * The names of the page's backends.
 *
 * @module
 */

/** The backends that the page's address can request; "auto": the first available. */
export const BACKENDS = ["auto", "webgpu", "threads", "wasm"] as const;

/** The name of a backend. */
export type BackendName = typeof BACKENDS[number];

/** An engine, and how it was chosen. */
export interface BrowserEngine {
  readonly name: Exclude<BackendName, "auto">;
  readonly description: string;
  /** Earlier attempts that failed. */
  readonly notes: readonly string[];
}

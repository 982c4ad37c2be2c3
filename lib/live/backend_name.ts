/**
 * What the page can run on, by name.
 *
 * @module
 */

/** What the page's address can ask for; "auto" takes the first that there is. */
export const BACKENDS = ["auto", "webgpu", "threads", "wasm"] as const;

/** The name of a backend. */
export type BackendName = typeof BACKENDS[number];

/** An engine, and how it came to be chosen. */
export interface BrowserEngine {
  readonly name: Exclude<BackendName, "auto">;
  readonly description: string;
  /** What was tried before and did not work. */
  readonly notes: readonly string[];
}

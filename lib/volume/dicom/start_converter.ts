/**
 * Starts dcm2niix; the live page replaces this file.
 *
 * @module
 */

/** A worker that converts; its first message says that it is ready. */
export function startConverter(): Worker {
  return new Worker(new URL("./dcm2niix_worker.ts", import.meta.url), { type: "module" });
}

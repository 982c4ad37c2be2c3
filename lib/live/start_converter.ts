/**
 * Starts dcm2niix in the page, instead of `volume/dicom/start_converter.ts`.
 *
 * @module
 */

/** A worker that converts; its first message says that it is ready. */
export function startConverter(): Worker {
  return new Worker(new URL("converter.js", import.meta.url), { type: "module" });
}

/**
 * The name of the file with niivue.
 *
 * @module
 */

/** Bundled, compressed. */
export const VIEWER_FILE = "niivue.packed";

/**
 * What this program is called, for files that it leaves.
 *
 * @module
 */

import manifest from "../../deno.json" with { type: "json" };

/** Name and version. */
export const PROGRAM = { name: "Med-NCA", version: manifest.version } as const;

import manifest from "../../deno.json" with { type: "json" };

/** Name and version. */
export const PROGRAM = { name: "Med-NCA", version: manifest.version } as const;

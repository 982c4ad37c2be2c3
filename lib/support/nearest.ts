import { closest, distance } from "fastest-levenshtein";

/** Longer names are not typing errors, and comparing them takes long. */
const LONGEST = 100;

/**
 * The known name that a mistyped one probably means.
 *
 * @returns The nearest known name, or `undefined` if none is close.
 *
 * @example
 * ```ts
 * import { nearest } from "./nearest.ts";
 * import assert from "node:assert/strict";
 *
 * assert.equal(nearest("lerningRate", ["learningRate", "epochs"]), "learningRate");
 * assert.equal(nearest("colour", ["learningRate", "epochs"]), undefined);
 * ```
 */
export function nearest(name: string, known: readonly string[]): string | undefined {
  if (known.length === 0 || name.length > LONGEST) return undefined;
  const best = closest(name.toLowerCase(), known.map((k) => k.toLowerCase()));
  const original = known.find((k) => k.toLowerCase() === best);
  const limit = Math.max(2, Math.floor(name.length / 3));
  return distance(name.toLowerCase(), best) <= limit ? original : undefined;
}

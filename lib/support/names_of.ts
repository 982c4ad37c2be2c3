/**
 * The first few of a list as text, and how many more there are.
 *
 * @example
 * ```ts
 * import { namesOf } from "./names_of.ts";
 * import assert from "node:assert/strict";
 *
 * assert.equal(namesOf(["a", "b", "c"], 2), "a, b and 1 more");
 * assert.equal(namesOf(["a", "b"], 2), "a, b");
 * ```
 */
export function namesOf(names: readonly string[], most = 5): string {
  const rest = names.length - most;
  return names.slice(0, most).join(", ") + (rest > 0 ? ` and ${rest} more` : "");
}

/**
 * A number with its noun, in the plural unless the number is 1.
 *
 * @example
 * ```ts
 * import { counted } from "./names_of.ts";
 * import assert from "node:assert/strict";
 *
 * assert.equal(counted(1, "case"), "1 case");
 * assert.equal(counted(0, "case"), "0 cases");
 * ```
 */
export function counted(n: number, noun: string): string {
  return `${n} ${noun}${n === 1 ? "" : "s"}`;
}

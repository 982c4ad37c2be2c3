/**
 * All perturbations, by name.
 *
 * @module
 */

import { InputError } from "../../support/errors.ts";
import { nearest } from "../../support/nearest.ts";
import { erasedCoarse, erasedFine, steps } from "./automaton.ts";
import { biasField, noise } from "./intensity.ts";
import { scale, translation } from "./placement.ts";
import type { Perturbation } from "./perturbation.ts";

/** The perturbations of `deno task robustness`, in order. */
export const PERTURBATIONS: readonly Perturbation[] = [
  noise,
  biasField,
  translation,
  scale,
  erasedCoarse,
  erasedFine,
  steps,
];

/**
 * Perturbations by their names. A name may stop at a hyphen: `erased` means both kinds.
 *
 * @returns In the order of {@linkcode PERTURBATIONS}.
 * @throws {InputError} If a name is unknown; the error suggests the nearest one.
 *
 * @example
 * ```ts
 * import { choosePerturbations } from "./perturbations.ts";
 * import assert from "node:assert/strict";
 *
 * const chosen = choosePerturbations(["noise", "erased"]).map(({ name }) => name);
 * assert.deepEqual(chosen, ["noise", "erased-coarse", "erased-fine"]);
 * ```
 */
export function choosePerturbations(names: readonly string[]): Perturbation[] {
  const matches = (name: string, wanted: string) =>
    name === wanted || name.startsWith(`${wanted}-`);
  const known = PERTURBATIONS.map(({ name }) => name);
  const wrong = names.filter((wanted) => !known.some((name) => matches(name, wanted)));
  if (wrong.length > 0) {
    const near = nearest(wrong[0]!, known);
    throw new InputError(
      `Cannot choose perturbations: ${wrong.join(", ")} is not one of ${known.join(", ")}`,
      { code: "bad-command-line", hint: near === undefined ? "" : `Did you mean ${near}?` },
    );
  }
  return PERTURBATIONS.filter(({ name }) => names.some((wanted) => matches(name, wanted)));
}

/**
 * Scores under perturbations. Each kind of perturbation has a file: `intensity.ts`, `placement.ts`
 * and `automaton.ts`; `perturbations.ts` lists them.
 *
 * @module
 */

export * from "./evaluate_robustness.ts";
export * from "./mean_robustness.ts";
export type * from "./perturbation.ts";
export * from "./perturbations.ts";
export * from "./robustness_csv.ts";

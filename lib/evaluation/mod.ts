/**
 * Chapter 5 of the tutorial, the numbers: scores by slice and by patient, predicted volumes.
 *
 * @module
 */

export * from "./correlation.ts";
export * from "./distance_transform.ts";
export * from "./eval_med_nca.ts";
export * from "./evaluate_cases.ts";
export * from "./format_scores.ts";
export * from "./metrics.ts";
export * from "./predict_files.ts";
export * from "./predict_slices.ts";
export * from "./predict_volume.ts";
export * from "./statistics.ts";
export * from "./robustness/mod.ts";
export * from "./summary.ts";
export * from "./surface_distances.ts";
export * from "./uncertainty.ts";

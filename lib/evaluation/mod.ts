/**
 * Chapter 5 of the tutorial, the numbers: predictions, and scores by slice and by patient.
 *
 * @module
 */

export * from "./calibration/calibration_file.ts";
export * from "./calibration/reliability.ts";
export * from "./calibration/temperature.ts";
export * from "./case_metrics.ts";
export * from "./case_quality.ts";
export * from "./choose_postprocess.ts";
export * from "./compare_runs.ts";
export * from "./correlation.ts";
export * from "./distance_transform.ts";
export * from "./doubt/doubt_csv.ts";
export * from "./doubt/doubt_file.ts";
export * from "./doubt/doubt_study.ts";
export * from "./doubt/doubts.ts";
export * from "./doubt/mask_facts.ts";
export * from "./doubt/measure_doubts.ts";
export * from "./doubt/rank_doubt.ts";
export * from "./doubt/review.ts";
export * from "./eval_med_nca.ts";
export * from "./evaluate_cases.ts";
export * from "./format_scores.ts";
export * from "./merge_summaries.ts";
export * from "./open_views.ts";
export * from "./other_dice.ts";
export * from "./overlap.ts";
export * from "./postprocess.ts";
export * from "./postprocess_mask.ts";
export * from "./predict_case.ts";
export * from "./predict_files.ts";
export type { Found } from "./prediction_record.ts";
export * from "./probabilities.ts";
export * from "./robustness/mod.ts";
export * from "./score_case.ts";
export * from "./score_labels.ts";
export * from "./score_masks.ts";
export * from "./slice_scores.ts";
export * from "./slices_as_case.ts";
export * from "./statistics.ts";
export * from "./summary.ts";
export * from "./summary_files.ts";
export * from "./surface_distances.ts";
export * from "./wilcoxon.ts";

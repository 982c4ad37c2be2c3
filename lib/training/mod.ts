/**
 * Chapter 4 of the tutorial: the training loop, and what keeps a run safe.
 *
 * @module
 */

export * from "./adam.ts";
export type { TrainingBatch } from "./augment.ts";
export * from "./checkpoint.ts";
export * from "./config.ts";
export * from "./event_log.ts";
export * from "./folds.ts";
export * from "./initial_model.ts";
export * from "./loss_gradients.ts";
export * from "./metrics.ts";
export * from "./model_config.ts";
export * from "./prepare_data.ts";
export * from "./progress.ts";
export * from "./run_folder.ts";
export * from "./run_sources.ts";
export * from "./schedule.ts";
export * from "./stored_config.ts";
export * from "./train_med_nca.ts";
export * from "./train_options.ts";

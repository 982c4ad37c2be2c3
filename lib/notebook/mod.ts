/**
 * Shared by the notebooks, to keep boilerplate out of cells: session, display, live progress.
 *
 * @module
 */

export * from "./chart.ts";
export * from "./check_answer.ts";
export * from "./discard_run.ts";
export { discLandscape } from "./disc_landscape.ts";
export * from "./estimate_training.ts";
export { kernelEditor } from "./kernel_editor.ts";
export * from "./limit_cases.ts";
export { runReport } from "../exchange/run_report.ts";
export { EventLog, type EventPosition } from "../training/event_log.ts";
export { formatDuration } from "../support/format_duration.ts";
export { EXAMPLE_SEED, exampleCase } from "../example/mod.ts";
export { orientForDisplay } from "../plots/raster.ts";
export * from "./live.ts";
export * from "./notebook_config.ts";
export { notebookProgress } from "./notebook_progress.ts";
export * from "./pipeline_figure.ts";
export * from "./plot_colours.ts";
export * from "./predict_samples.ts";
export * from "./replaceable.ts";
export * from "./session.ts";
export * from "./show.ts";
export * from "./shrink.ts";
export * from "./slice_figure.ts";
export * from "./stop_button.ts";
export * from "./stopped.ts";
export * from "./table.ts";
export * from "./view.ts";

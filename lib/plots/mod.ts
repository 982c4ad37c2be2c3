/**
 * Chapter 5 of the tutorial, the pictures: charts by Observable Plot, slices as pixels.
 *
 * @module
 */

export * from "./animate_settling.ts";
export * from "./case_scores.ts";
export * from "./case_view.ts";
export * from "./doubt.ts";
export * from "./draw_evaluation.ts";
export * from "./figure.ts";
export * from "./palette.ts";
export * from "./panels.ts";
export * from "./plot_evaluation.ts";
export * from "./quality.ts";
export * from "./raster.ts";
export * from "./render_plot.ts";
export * from "./robustness.ts";
export * from "./scored_slice.ts";
export * from "./slice_image.ts";
export * from "./slice_scores.ts";
export * from "./state_channels.ts";
export * from "./svg_to_png.ts";
export * from "./training_curves.ts";
export * from "./visualize_predictions.ts";
export * from "./plot_run.ts";

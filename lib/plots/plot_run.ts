/**
 * All pictures of a run.
 *
 * @module
 */

import { join } from "@std/path";
import * as tf from "@tensorflow/tfjs";
import { maskOf, predictSlices } from "../evaluation/predict_slices.ts";
import { readRobustness } from "../evaluation/robustness/mod.ts";
import { type EvaluationSummary, readSummary } from "../evaluation/summary.ts";
import type { MedNca } from "../nca/med_nca.ts";
import { loadWeights } from "../nca/weights.ts";
import { type Sample, SliceDataset } from "../slices/slice_dataset.ts";
import type { Split } from "../slices/split/split_cases.ts";
import { InputError } from "../support/errors.ts";
import { hash32 } from "../support/random.ts";
import { preparedFolder } from "../training/prepare_data.ts";
import { readRun, runPaths } from "../training/run_folder.ts";
import { animateSettling, settlingFrames } from "./animate_settling.ts";
import { plotCaseScores } from "./case_scores.ts";
import { caseQualities, plotQuality } from "./quality.ts";
import type { View } from "./raster.ts";
import { drawEvaluation } from "./draw_evaluation.ts";
import { plotRobustness } from "./robustness.ts";
import { plotStateChannels } from "./state_channels.ts";
import { plotTrainingCurves, readMetrics } from "./training_curves.ts";
import { visualizePredictions } from "./visualize_predictions.ts";

/** How many held-out cases `predictions.png` shows. */
const SHOWN_CASES = 4;

/** How {@linkcode plotRun} draws. */
export interface PlotRunOptions {
  /** The prepared slices, where they are not where the run's config says. */
  prepared?: string;
}

/** What {@linkcode plotRun} drew. */
export interface PlottedRun {
  /** The files written. */
  files: string[];
  /** What could not be drawn, and why. */
  skipped: string[];
}

/**
 * Draws all pictures of a run into its folder `plots`: `training_curves`, `case_scores` and
 * `evaluation` (SVG and PNG), `predictions.png`, `settling.gif` and `channels.png`. What a run lacks
 * the data for (it was not scored yet, its slices are gone) is left out and told. `quality` (SVG and
 * PNG) is added where the run was scored with several samples, `robustness` where that was measured.
 *
 * Choose a backend first (`initBackend`): the last three run the model.
 *
 * @param folder The run's folder.
 * @throws {InputError} Where the folder holds no run.
 */
export async function plotRun(folder: string, options: PlotRunOptions = {}): Promise<PlottedRun> {
  const { config, split, slices } = await readRun(folder);
  const files: string[] = [];
  const skipped: string[] = [];
  const save = async (name: string, picture: { save(path: string): Promise<void> }) => {
    const path = join(folder, "plots", name);
    await picture.save(path);
    files.push(path);
  };
  const attempt = async (what: string, draw: () => Promise<void>) => {
    try {
      await draw();
    } catch (error) {
      // A RangeError says that there is nothing to draw: no epoch done, no score defined.
      if (!(error instanceof InputError || error instanceof RangeError)) throw error;
      skipped.push(`${what}: ${error.message}`);
    }
  };

  await attempt("training_curves", async () => {
    const curves = plotTrainingCurves(await readMetrics(runPaths(folder).metrics));
    for (const ending of ["svg", "png"]) await save(`training_curves.${ending}`, curves);
  });

  let summary: EvaluationSummary | undefined;
  await attempt("case_scores", async () => {
    summary = await readSummary(folder);
    if (summary === undefined) {
      throw new InputError("the run was not scored yet", { code: "bad-run" });
    }
    const scores = plotCaseScores(
      summary.metric_per_case.map((scored) => ({
        case: scored.case,
        dice: scored.metrics["1"].Dice,
      })),
    );
    for (const ending of ["svg", "png"]) await save(`case_scores.${ending}`, scores);
  });

  await attempt("evaluation", async () => {
    if (summary === undefined) {
      throw new InputError("the run was not scored yet", { code: "bad-run" });
    }
    const { data } = config;
    const drawn = await drawEvaluation(folder, { data, settings: slices });
    files.push(...drawn.files);
    skipped.push(...drawn.skipped.map((what) => `evaluation: ${what}`));
  });

  const qualities = caseQualities(summary);
  if (qualities.length > 0) {
    await attempt("quality", async () => {
      const figure = plotQuality(qualities);
      for (const ending of ["svg", "png"]) await save(`quality.${ending}`, figure);
    });
  }

  await attempt("robustness", async () => {
    const robustness = await readRobustness(join(folder, "robustness.csv"));
    if (robustness === undefined) return;
    const figure = plotRobustness(robustness);
    for (const ending of ["svg", "png"]) await save(`robustness.${ending}`, figure);
  });

  await attempt("predictions, settling, channels", async () => {
    const prepared = options.prepared ?? preparedFolder(config);
    const dataset = await SliceDataset.open(prepared, { cases: shownCases(split, summary) });
    const view = dataset.manifest.kind === "png" ? "raw" : { axis: config.axis };
    const model = await loadWeights(runPaths(folder).best);
    try {
      await drawSamples(model, await shownSamples(dataset), { seed: config.seed, view, save });
    } finally {
      model.dispose();
    }
  });
  return { files, skipped };
}

/** Held-out cases from best to worst, as evenly as there are scores for it. */
function shownCases(split: Split, summary: EvaluationSummary | undefined): string[] {
  const heldOut = [split.test, split.validation, split.train].find((part) => part.length > 0) ?? [];
  const scored = (summary?.metric_per_case ?? [])
    .map((scored) => ({ case: scored.case, dice: scored.metrics["1"].Dice }))
    .filter((scored) => heldOut.includes(scored.case) && Number.isFinite(scored.dice))
    .sort((a, b) => b.dice - a.dice)
    .map((scored) => scored.case);
  const cases = scored.length > 0 ? scored : [...heldOut];
  const count = Math.min(SHOWN_CASES, cases.length);
  return Array.from(
    { length: count },
    (_, i) => cases[Math.round(i * (cases.length - 1) / Math.max(1, count - 1))]!,
  );
}

/** Of each case the slice with most of the object. */
async function shownSamples(dataset: SliceDataset): Promise<Sample[]> {
  const best = new Map<string, number>();
  for (const [i, { case: id, foreground }] of dataset.slices.entries()) {
    const known = best.get(id);
    if (known === undefined || foreground > dataset.slices[known]!.foreground) best.set(id, i);
  }
  return await Promise.all([...best.values()].map((i) => dataset.get(i)));
}

async function drawSamples(
  model: MedNca,
  samples: readonly Sample[],
  { seed, view, save }: {
    seed: number;
    view: View;
    save: (name: string, picture: { save(path: string): Promise<void> }) => Promise<void>;
  },
): Promise<void> {
  const [first] = samples;
  if (first === undefined) {
    throw new InputError("there are no prepared slices", { code: "bad-run" });
  }
  const [height, width] = first.record.geometry.size;
  const predictions = await predictSlices(
    model,
    samples.map(({ image }) => ({ data: image, height, width })),
    { seed },
  );
  const rows = samples.map(({ image, label, record }, i) => ({
    case: record.case,
    slice: record.index,
    image,
    truth: label,
    prediction: maskOf(predictions[i]!.probability),
    height,
    width,
  }));
  await save("predictions.png", visualizePredictions(rows, { view, title: "Held-out cases" }));

  const images = tf.tensor4d(first.image, [1, height, width, 1]);
  const trace = model.trace(images, { seeds: [hash32(seed, 0)], stats: "slice" });
  try {
    // On a GPU states cannot be read at once; those that were read stay readable.
    await Promise.all(trace.map(({ state }) => state.data()));
    const settling = animateSettling(settlingFrames(trace), {
      image: { data: first.image, height, width },
      truth: { data: first.label, height, width },
      view,
    });
    await save("settling.gif", settling);
    const data = await trace.at(-1)!.state.data();
    const { case: id, index } = first.record;
    const channels = plotStateChannels({ data, height, width, channels: model.config.channels }, {
      view,
      title: `State after the last step: ${id}, slice ${index}`,
    });
    await save("channels.png", channels);
  } finally {
    tf.dispose([images, ...trace.map(({ state }) => state)]);
  }
}

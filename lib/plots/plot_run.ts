/**
 * Draws all pictures of a run.
 *
 * @module
 */

import { join } from "@std/path";
import * as tf from "@tensorflow/tfjs";
import { caseQualities } from "../evaluation/case_quality.ts";
import { readRobustness } from "../evaluation/robustness/mod.ts";
import { caseDice, type EvaluationSummary } from "../evaluation/summary.ts";
import { readSummary } from "../evaluation/summary_files.ts";
import { cellSeed } from "../nca/cell_seeds.ts";
import type { MedNca } from "../nca/med_nca.ts";
import { loadWeights } from "../nca/weights.ts";
import { discoverCases } from "../slices/discovery/discover_cases.ts";
import { labelToModelGrid } from "../slices/geometry.ts";
import { interleave } from "../slices/interleave.ts";
import { modelSlice } from "../slices/neighbours.ts";
import type { ModelInputs } from "../slices/model_inputs.ts";
import { InputError } from "../support/errors.ts";
import { readRun, runPaths } from "../training/run_folder.ts";
import { animateSettling, settlingFrames } from "./animate_settling.ts";
import { plotCaseScores } from "./case_scores.ts";
import { viewOfCase } from "./case_view.ts";
import { drawEvaluation } from "./draw_evaluation.ts";
import type { Figure } from "./figure.ts";
import { plotQuality } from "./quality.ts";
import { plotRobustness } from "./robustness.ts";
import { type ScoredSlice, scoredSlice, voxelOf } from "./scored_slice.ts";
import { plotStateChannels } from "./state_channels.ts";
import { plotTrainingCurves, readMetrics } from "./training_curves.ts";
import { visualizePredictions } from "./visualize_predictions.ts";

/** The number of held-out cases in `predictions.png`. */
const SHOWN_CASES = 4;

/** The result of {@linkcode plotRun}. */
export interface PlottedRun {
  /** The files written. */
  files: string[];
  /** What could not be drawn, and why. */
  skipped: string[];
}

/**
 * Draws all pictures of a run into its folder `plots`: `training_curves`, `case_scores` and
 * `evaluation` (SVG and PNG), `predictions.png`, `settling.gif` and `channels.png`. Slices are
 * drawn from the masks in `predictions`, so that number, picture and file agree. Pictures that
 * cannot be drawn (the run was not scored yet, its data is missing) are left out and listed.
 * `quality` (SVG and PNG) is added if the run was scored with several samples, `robustness` if that
 * was measured.
 *
 * Choose a backend first (`initBackend`): the last two run the model.
 *
 * @param folder The run's folder.
 * @throws {InputError} If the folder holds no run.
 */
export async function plotRun(folder: string): Promise<PlottedRun> {
  const { config, slices: inputs } = await readRun(folder);
  const files: string[] = [];
  const skipped: string[] = [];
  const save = async (name: string, picture: { save(path: string): Promise<void> }) => {
    const path = join(folder, "plots", name);
    await picture.save(path);
    files.push(path);
  };
  const saveBoth = async (name: string, figure: Figure) => {
    files.push(...await figure.saveBoth(join(folder, "plots", name)));
  };
  const attempt = async (what: string, draw: () => Promise<void>) => {
    try {
      await draw();
    } catch (error) {
      // A RangeError means that there is nothing to draw: no finished epoch, no defined score.
      if (!(error instanceof InputError || error instanceof RangeError)) throw error;
      skipped.push(`${what}: ${error.message}`);
    }
  };

  await attempt("training_curves", async () => {
    const curves = plotTrainingCurves(await readMetrics(runPaths(folder).metrics));
    await saveBoth("training_curves", curves);
  });

  let summary: EvaluationSummary | undefined;
  await attempt("case_scores", async () => {
    summary = await readSummary(folder);
    if (summary === undefined) {
      throw new InputError("the run was not scored yet", { code: "bad-run" });
    }
    const scores = plotCaseScores(
      summary.metric_per_case.map((scored) => ({ case: scored.case, dice: caseDice(scored) })),
    );
    await saveBoth("case_scores", scores);
  });

  await attempt("evaluation", async () => {
    if (summary === undefined) {
      throw new InputError("the run was not scored yet", { code: "bad-run" });
    }
    const { data } = config;
    const drawn = await drawEvaluation(folder, { data, settings: inputs });
    files.push(...drawn.files);
    skipped.push(...drawn.skipped.map((what) => `evaluation: ${what}`));
  });

  const qualities = caseQualities(summary);
  if (qualities.length > 0) {
    await attempt("quality", () => saveBoth("quality", plotQuality(qualities)));
  }

  await attempt("robustness", async () => {
    const robustness = await readRobustness(join(folder, "robustness.csv"));
    if (robustness === undefined) return;
    await saveBoth("robustness", plotRobustness(robustness));
  });

  await attempt("predictions, settling, channels", async () => {
    if (summary === undefined) {
      throw new InputError("the run was not scored yet", { code: "bad-run" });
    }
    const { cases } = await discoverCases(config.data);
    const shown: ScoredSlice[] = [];
    for (const scored of shownCases(summary)) {
      shown.push(await scoredSlice(folder, scored, cases, inputs));
    }
    await save(
      "predictions.png",
      visualizePredictions(shown.map(({ sample }) => sample), {
        view: "raw",
        targets: inputs.targets,
        title: "Held-out cases",
      }),
    );
    const model = await loadWeights(runPaths(folder).best);
    try {
      await drawTrace(model, shown[0]!, { seed: config.seed, inputs, save });
    } finally {
      model.dispose();
    }
  });
  return { files, skipped };
}

/** Scored cases from best to worst, evenly. */
export function shownCases(
  summary: Pick<EvaluationSummary, "metric_per_case">,
): EvaluationSummary["metric_per_case"] {
  const scored = summary.metric_per_case.filter((scored) => Number.isFinite(caseDice(scored)))
    .sort((a, b) => caseDice(b) - caseDice(a));
  const cases = scored.length > 0 ? scored : summary.metric_per_case;
  const count = Math.min(SHOWN_CASES, cases.length);
  return Array.from(
    { length: count },
    (_, i) => cases[Math.round(i * (cases.length - 1) / Math.max(1, count - 1))]!,
  );
}

/** The settling of the mask, and the final state, of the run that made the saved mask. */
export async function drawTrace(
  model: MedNca,
  scored: ScoredSlice,
  { seed, inputs, save }: {
    seed: number;
    inputs: ModelInputs;
    save: (name: string, picture: { save(path: string): Promise<void> }) => Promise<void>;
  },
): Promise<void> {
  const { trace, slice, truth, view, voxel } = traceScored(model, scored, { seed, inputs });
  try {
    // On a GPU states cannot be read synchronously, but once read they stay readable.
    await Promise.all(trace.map(({ state }) => state.data()));
    const { targets } = inputs;
    const { height, width, channels: imageChannels } = slice;
    const settling = animateSettling(settlingFrames(trace, { targets, imageChannels }), {
      image: { data: slice.data.subarray(0, height * width), height, width },
      ...{ truth, targets, view, voxel },
    });
    await save("settling.gif", settling);
    const state = {
      data: await trace.at(-1)!.state.data(),
      ...{ height, width, channels: model.config.channels, imageChannels },
      logits: targets.classes.length === 1 ? [""] : targets.classes.map(({ name }) => name),
    };
    const title = `State after the last step: ${scored.sample.case}, slice ${scored.index}`;
    await save("channels.png", plotStateChannels(state, { view, voxel, title }));
  } finally {
    tf.dispose(trace.map(({ state }) => state));
  }
}

/**
 * The states of a model on a scored slice, as when it made the saved mask, and what to draw with
 * them: image and truth on the model's grid, and how to show it.
 *
 * @returns The caller disposes the states.
 */
export function traceScored(
  model: MedNca,
  { opened, index }: Pick<ScoredSlice, "opened" | "index">,
  { seed, inputs }: { seed: number; inputs: ModelInputs },
) {
  const place = opened.indices.indexOf(index);
  const { slice, geometry } = modelSlice(opened, place, inputs, model.config.neighbours);
  const { data, height, width, channels } = slice;
  const interleaved = new Float32Array(data.length);
  interleave(data, channels, interleaved);
  const images = tf.tensor4d(interleaved, [1, height, width, channels]);
  const trace = model.trace(images, { seeds: [cellSeed(seed, index)], stats: "slice" });
  images.dispose();
  const { crop, scaled } = geometry;
  const [tall, wide] = voxelOf(opened);
  return {
    ...{ trace, slice, geometry },
    truth: labelToModelGrid(opened.label(index), geometry),
    view: viewOfCase(opened, inputs),
    // Resizing changes the shape of voxels
    voxel: [tall * crop.height / scaled[0], wide * crop.width / scaled[1]] as const,
  };
}

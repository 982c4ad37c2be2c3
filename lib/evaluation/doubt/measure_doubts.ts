/**
 * Measures the doubt about the prediction of a case.
 *
 * @module
 */

import type { LabelPlane } from "../../slices/case.ts";
import { Random } from "../../support/random.ts";
import {
  type CasePrediction,
  type ModelView,
  predictCase,
  type PredictCaseOptions,
} from "../predict_case.ts";
import {
  disagreement,
  type Doubt,
  type DoubtName,
  meanEntropy,
  ncaQuality,
  ONE_RUN_DOUBTS,
} from "./doubts.ts";

/** The measured doubts of a case. */
export type CaseDoubts = Partial<Record<DoubtName, Doubt>>;

/** What {@linkcode measureDoubts} takes. */
export interface MeasureDoubtsOptions
  extends Pick<PredictCaseOptions, "batchSize" | "seed" | "samples" | "signal"> {
  /** The measures wanted; those of a single run, or all if there are several. */
  readonly names: readonly DoubtName[];
}

/**
 * The part of the fine steps that stability looks back, and that resilience adds: 5 of 20 steps.
 */
const FEW_STEPS = 0.25;
/** The part of the cells that resilience erases. */
const DISTURBED = 0.5;

/** What a prediction must keep for a measure. */
export function neededFor(
  name: DoubtName,
): Pick<PredictCaseOptions, "keepProbabilities" | "keepRuns"> {
  return {
    keepProbabilities: ["nqm", "entropy", "entropy_one_run"].includes(name),
    keepRuns: name === "agreement",
  };
}

/**
 * Measures the doubt about a case. Beside the prediction itself:
 *
 * - *stability* compares the mask of one run with its mask some steps earlier, a quarter of the
 *   fine steps;
 * - *resilience* erases half of the cells of one run's final state, drawn at random (every channel
 *   but the image's), lets it go on for a quarter of the fine steps, and compares the masks before
 *   and after. Nothing is trained for it.
 *
 * Each costs another run. One run of an ensemble is the mean of one run of each model.
 *
 * @param views As for `predictCase`.
 * @param prediction The case's, with the same options; with what is {@linkcode neededFor} each
 * measure.
 */
export async function measureDoubts(
  views: readonly ModelView[],
  prediction: CasePrediction,
  options: MeasureDoubtsOptions,
): Promise<{ doubts: CaseDoubts; one: CasePrediction }> {
  const { names, samples, batchSize, seed, signal } = options;
  const [{ model: { config }, inputs: { targets } }] = views as [ModelView];
  const [coarse, fine] = config.steps;
  const few = Math.max(1, Math.round(FEW_STEPS * fine));
  const predict = (changes: Partial<PredictCaseOptions>) =>
    predictCase(views, {
      ...{ batchSize, seed, signal, samples: 1, keepProbabilities: false },
      ...changes,
    });
  const one = samples === 1 || !names.some((name) => ONE_RUN_DOUBTS.includes(name))
    ? prediction
    : await predict({ keepProbabilities: true });
  const changed = async (changes: Partial<PredictCaseOptions>) =>
    disagreement([one.masks, (await predict(changes)).masks], targets);
  const doubts: CaseDoubts = {};
  for (const name of names) {
    doubts[name] = await {
      entropy_one_run: () => meanEntropy(one.probabilities),
      stability: () => changed({ steps: [coarse, fine - few] }),
      resilience: () =>
        changed({
          steps: [coarse, fine + few],
          wound: { stage: "fine", step: fine, cells: randomCells(views[0]!, seed) },
        }),
      nqm: () => ncaQuality(prediction.probabilities, prediction.deviations),
      agreement: () => disagreement(prediction.runs, targets),
      entropy: () => meanEntropy(prediction.probabilities),
    }[name]();
  }
  return { doubts, one };
}

/** Cells to erase: 1 for {@linkcode DISTURBED} of them, drawn anew for each slice. */
function randomCells({ opened }: ModelView, seed: number): LabelPlane[] {
  return opened.indices.map((index) => {
    const { height, width } = opened.extent(index);
    const random = new Random(seed, index);
    const data = new Uint8Array(height * width);
    for (let i = 0; i < data.length; i++) data[i] = random.uniform() < DISTURBED ? 1 : 0;
    return { data, height, width };
  });
}

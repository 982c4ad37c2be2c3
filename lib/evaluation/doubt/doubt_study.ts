/**
 * Studies doubt and calibration over the cases of an evaluation.
 *
 * @module
 */

import { IGNORED, type Targets } from "../../slices/case.ts";
import { Random } from "../../support/random.ts";
import {
  addSlice,
  type ClassReliability,
  type Reliability,
  ReliabilityCounter,
} from "../calibration/reliability.ts";
import type { RunCalibration } from "../calibration/calibration_file.ts";
import { calibrate, fitTemperatures, logOdds } from "../calibration/temperature.ts";
import type { PredictedCase } from "../evaluate_cases.ts";
import { type CodeSet, codesOf } from "../overlap.ts";
import type { CasePrediction, PredictCaseOptions } from "../predict_case.ts";
import { scoreLabels } from "../score_labels.ts";
import { caseDice } from "../summary.ts";
import { chooseDoubt, type RunDoubt } from "./doubt_file.ts";
import { type DoubtName, DOUBTS } from "./doubts.ts";
import { type CaseDoubts, measureDoubts } from "./measure_doubts.ts";
import type { DoubtedMask } from "./rank_doubt.ts";

/** What a {@linkcode DoubtStudy} needs. */
export interface DoubtStudyOptions
  extends Pick<PredictCaseOptions, "batchSize" | "seed" | "samples" | "signal"> {
  readonly targets: Targets;
  /** The patient of a case. */
  readonly patientOf: (id: string) => string;
  /** The run's temperatures; null: none were fitted. */
  readonly calibration: Pick<RunCalibration, "one" | "several"> | null;
}

/** A case of a study. */
export interface StudiedCase {
  readonly case: string;
  readonly patient: string;
  /** Its Dice score: the mean over classes, and of each class. */
  readonly dice: { readonly all: number; readonly classes: readonly number[] };
  readonly doubts: CaseDoubts;
}

/** Whether probabilities are of one run or the mean of several. */
export type Runs = "one" | "several";

/** The reliability of a class's probabilities. */
export interface ReliabilityRow {
  readonly runs: Runs;
  /** The class's place in the targets. */
  readonly index: number;
  /** Of all voxels, or of those near the edge. */
  readonly where: keyof ClassReliability<unknown>;
  readonly before: Reliability;
  /** With the run's temperature; undefined if there is none. */
  readonly after?: Reliability;
}

/** Of each case so many voxels, drawn at random, take part in fitting temperatures. */
const VOXELS_PER_CASE = 20_000;

/**
 * Collects, for each case of `evaluateCases`, all measures of doubt, the reliability of the
 * probabilities with and without the run's temperatures, and voxels to fit temperatures on.
 */
export class DoubtStudy {
  /** In the order of the evaluation. */
  readonly cases: StudiedCase[] = [];
  readonly #options: DoubtStudyOptions;
  readonly #parts: Record<Runs, StudiedRuns>;

  constructor(options: DoubtStudyOptions) {
    this.#options = options;
    const { targets, calibration } = options;
    this.#parts = {
      one: new StudiedRuns(targets, calibration?.one.temperatures),
      several: new StudiedRuns(targets, calibration?.several.temperatures),
    };
  }

  /** For `onPredicted` of `evaluateCases`. */
  async add({ views, opened, prediction, scored }: PredictedCase): Promise<void> {
    const { targets, patientOf, seed } = this.#options;
    const { doubts, one } = await measureDoubts(views, prediction, {
      ...this.#options,
      names: DOUBTS,
    });
    this.cases.push({
      case: scored.case,
      patient: patientOf(scored.case),
      dice: {
        all: caseDice(scored),
        classes: scoreLabels(targets).map(({ key }) => scored.metrics[key]!.Dice),
      },
      doubts,
    });
    const planes = opened.indices.map((index) => opened.label(index));
    const labels = planes.map(({ data }) => data);
    const widths = planes.map(({ width }) => width);
    for (
      const [runs, { probabilities, masks }] of [["one", one], ["several", prediction]] as const
    ) {
      this.#parts[runs].add({ probabilities, masks }, { labels, widths }, seed);
    }
  }

  /** The cases with a measure of doubt; of one class, or of all together. */
  masks(name: DoubtName, index: number | "all"): DoubtedMask[] {
    return this.cases.map(({ patient, dice, doubts }) => {
      const doubt = doubts[name]!;
      return index === "all"
        ? { patient, doubt: doubt.all, dice: dice.all }
        : { patient, doubt: doubt.classes[index]!, dice: dice.classes[index]! };
    });
  }

  /** The run's measures, if these are its validation cases. */
  chooseDoubt(): RunDoubt {
    return chooseDoubt((name) => this.masks(name, "all"), this.#options.samples);
  }

  /** The run's temperatures, if these are its validation cases. */
  fit(): RunCalibration {
    const { targets, samples } = this.#options;
    return {
      classes: targets.classes.map(({ name }) => name),
      cases: this.cases.length,
      samples,
      one: this.#parts.one.fit(),
      several: this.#parts.several.fit(),
    };
  }

  /** By runs, class and place. */
  reliability(): ReliabilityRow[] {
    return (["one", "several"] as const).flatMap((runs) =>
      this.#parts[runs].reliability().map((row) => ({ runs, ...row }))
    );
  }
}

type Counters = ClassReliability<ReliabilityCounter>;

/** What is collected about the probabilities of one run, or of the mean of several. */
class StudiedRuns {
  readonly #kind: Targets["kind"];
  readonly #codes: readonly CodeSet[];
  readonly #temperatures: readonly number[] | undefined;
  readonly #before: Counters[];
  readonly #after: Counters[];
  readonly #logits: number[][];
  readonly #truths: number[][];

  constructor(targets: Targets, temperatures: readonly number[] | undefined) {
    const counters = (): Counters => ({
      all: new ReliabilityCounter(),
      edge: new ReliabilityCounter(),
    });
    this.#kind = targets.kind;
    this.#codes = targets.classes.map((_, c) => codesOf(targets, c));
    this.#temperatures = temperatures;
    this.#before = targets.classes.map(counters);
    this.#after = targets.classes.map(counters);
    this.#logits = targets.classes.map(() => []);
    this.#truths = targets.classes.map(() => []);
  }

  add(
    { probabilities, masks }: Pick<CasePrediction, "probabilities" | "masks">,
    { labels, widths }: { labels: readonly Uint8Array[]; widths: readonly number[] },
    seed: number,
  ): void {
    const count = (counters: Counters[], planes: readonly (readonly Float32Array[])[]) => {
      for (const [c, each] of counters.entries()) {
        const codes = this.#codes[c]!;
        for (const [i, label] of labels.entries()) {
          addSlice(each, planes[c]![i]!, { mask: masks[i]!, label, codes, width: widths[i]! });
        }
      }
    };
    count(this.#before, probabilities);
    if (this.#temperatures !== undefined) {
      count(this.#after, calibrate(probabilities, this.#temperatures, this.#kind));
    }
    const all = labels.reduce((sum, { length }) => sum + length, 0);
    const random = new Random(seed);
    for (const [slice, label] of labels.entries()) {
      for (const [i, code] of label.entries()) {
        if (random.uniform() * all >= VOXELS_PER_CASE || code === IGNORED) continue;
        const own = probabilities.map((planes) => planes[slice]![i]!);
        if (own.every((p) => p === 0)) continue; // the model did not look there
        for (const [c, logit] of logOdds(own, this.#kind).entries()) {
          this.#logits[c]!.push(logit);
          this.#truths[c]!.push(this.#codes[c]![code]!);
        }
      }
    }
  }

  fit(): RunCalibration["one"] {
    const { temperatures, before, after } = fitTemperatures({
      logits: this.#logits.map((values) => Float64Array.from(values)),
      truths: this.#truths.map((values) => Uint8Array.from(values)),
    }, this.#kind);
    return { temperatures: [...temperatures], before, after };
  }

  reliability(): Omit<ReliabilityRow, "runs">[] {
    return this.#before.flatMap((counters, index) =>
      (["all", "edge"] as const).map((where) => ({
        index,
        where,
        before: counters[where].result(),
        ...(this.#temperatures && { after: this.#after[index]![where].result() }),
      }))
    );
  }
}

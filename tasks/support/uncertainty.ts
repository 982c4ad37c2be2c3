/**
 * What `deno task evaluate --uncertainty` adds: doubt and calibration.
 *
 * @module
 */

import { join } from "@std/path";
import {
  formatCalibration,
  writeCalibration,
} from "../../lib/evaluation/calibration/calibration_file.ts";
import {
  calibrationCsv,
  doubtsCsv,
  formatRankings,
  formatReliability,
  rankingCsv,
  rankings,
} from "../../lib/evaluation/doubt/doubt_csv.ts";
import { formatDoubt, writeDoubt } from "../../lib/evaluation/doubt/doubt_file.ts";
import { DoubtStudy, type DoubtStudyOptions } from "../../lib/evaluation/doubt/doubt_study.ts";
import { evaluateCases, type EvaluateCasesOptions } from "../../lib/evaluation/evaluate_cases.ts";
import { UNCERTAINTY_SAMPLES } from "../../lib/evaluation/predict_case.ts";
import type { Targets } from "../../lib/slices/case.ts";
import { writeFileAtomic } from "../../lib/support/files.ts";
import { StatusLine } from "../../lib/support/status_line.ts";

/**
 * Writes a study's tables, prints them and draws its figures.
 *
 * @param options.out The folder of the tables.
 */
export async function writeStudy(
  study: DoubtStudy,
  { out, targets, samples, seed }: {
    out: string;
    targets: Targets;
    samples: number;
    seed: number;
  },
): Promise<void> {
  const rows = rankings(study, targets, seed);
  await writeFileAtomic(join(out, "doubts.csv"), doubtsCsv(study, targets));
  await writeFileAtomic(join(out, "doubt_ranking.csv"), rankingCsv(rows));
  await writeFileAtomic(join(out, "calibration.csv"), calibrationCsv(study, targets, samples));
  console.log("How well each measure of doubt finds bad masks:");
  for (const line of formatRankings(rows)) console.log(`  ${line}`);
  console.log("Calibration of the probabilities:");
  for (const line of formatReliability(study, targets, samples)) console.log(`  ${line}`);
  const { plotReliability, plotRiskCoverage } = await import("../../lib/plots/mod.ts");
  const figures = {
    reliability: plotReliability(study.reliability(), targets),
    risk_coverage: plotRiskCoverage(study),
  };
  for (const [name, figure] of Object.entries(figures)) {
    await figure?.saveBoth(join(out, "plots", name));
  }
  console.log(
    "The tables are doubts.csv, doubt_ranking.csv and calibration.csv, the figures " +
      `plots/risk_coverage.png and plots/reliability.png in ${out}`,
  );
}

/**
 * Chooses a run's measures of doubt and its temperatures on its validation cases, and stores them.
 * Nothing is chosen without validation cases.
 */
export async function chooseDoubtAndTemperatures(
  run: string,
  { patientOf, ...options }:
    & Pick<
      EvaluateCasesOptions,
      "models" | "sources" | "batchSize" | "seed" | "signal" | "postprocess"
    >
    & Pick<DoubtStudyOptions, "patientOf">,
): Promise<void> {
  if (options.sources.length === 0) return;
  using line = new StatusLine();
  const how = { ...options, samples: UNCERTAINTY_SAMPLES };
  const { targets } = options.models[0]!.inputs;
  const study = new DoubtStudy({ ...how, targets, patientOf, calibration: null });
  await evaluateCases({
    ...{ ...how, out: null, predictions: null, variances: null },
    onPredicted: (predicted) => study.add(predicted),
    onProgress: ({ done, total }) => line.count(done, total, "validation cases, for doubt"),
  });
  line.clear();
  await storeChoices(study, run);
}

/** Stores what was chosen on the validation cases with their run. */
export async function storeChoices(study: DoubtStudy, run: string): Promise<void> {
  const [doubt, calibration] = [study.chooseDoubt(), study.fit()];
  await writeDoubt(run, doubt);
  await writeCalibration(run, calibration);
  for (const line of formatDoubt(doubt)) console.log(`Doubt     ${line}`);
  for (const line of formatCalibration(calibration)) console.log(`Calibrate ${line}`);
}

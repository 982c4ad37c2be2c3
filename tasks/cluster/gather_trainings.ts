/**
 * The scores of a plan's trainings in one table.
 *
 * @module
 */

import { join, relative } from "@std/path";
import { type TrainJob, trainJobs, type TrainPlan } from "../../lib/cluster/plan.ts";
import {
  bestVariant,
  formatScoreRows,
  scoreCsv,
  scoreRows,
  type SeedScores,
} from "../../lib/cluster/score_table.ts";
import { readSummary } from "../../lib/evaluation/summary_files.ts";
import { writeFileAtomic, writeJsonAtomic } from "../../lib/support/files.ts";
import { readCheckpoint, readRun, runPaths } from "../../lib/training/mod.ts";
import { gatherFolds } from "../support/train_folds.ts";
import type { JobStatus } from "./jobs.ts";

/**
 * Ends each cross-validation whose folds are all done, and writes `results.csv` and `results.json`
 * about the settings whose seeds are all done.
 *
 * @param missing The jobs that are not done.
 */
export async function gatherTrainings(
  out: string,
  plan: TrainPlan,
  missing: readonly JobStatus[],
): Promise<void> {
  const isMissing = new Set(missing.map(({ folder }) => folder));
  const groups = [...Map.groupBy(trainJobs(out, plan), ({ whole }) => whole.out).values()];
  const scores: SeedScores[] = [];
  for (const jobs of groups) {
    if (jobs.some(({ config }) => isMissing.has(config.out))) continue;
    const one = await scoresOf(jobs);
    if (one !== null) scores.push(one);
  }
  const partly = new Set(
    groups.filter((jobs) => jobs.some(({ config }) => isMissing.has(config.out)))
      .map(([job]) => job!.variant),
  );
  const whole = scores.filter(({ variant }) => !partly.has(variant));
  const rows = scoreRows(whole);
  const best = partly.size === 0 ? bestVariant(whole) : null;
  await writeFileAtomic(join(out, "results.csv"), scoreCsv(rows));
  await writeJsonAtomic(join(out, "results.json"), {
    rows,
    validation: whole.map(({ variant, seed, validation }) => ({ variant, seed, validation })),
    best,
    missing: missing.map(({ index, folder, state, why }) => ({
      ...{ index, folder: relative(out, folder), state, why },
    })),
  });
  if (rows.length > 0) { for (const line of formatScoreRows(rows, "Dice")) console.log(line); }
  if (best !== null) {
    console.log(
      `Best by validation: ${best.name}, Dice ${best.score.toFixed(4)} of the validation patients`,
    );
  }
  console.log(`The table of all scores is ${join(out, "results.csv")}`);
}

/** The scores of one seed; null if no patient is held out. */
async function scoresOf(jobs: readonly TrainJob[]): Promise<SeedScores | null> {
  const [{ variant, seed, whole }] = jobs as [TrainJob];
  const summary = whole.folds > 0 ? await gatherFolds(whole) : await readSummary(whole.out);
  if (summary === undefined) return null;
  let patients = {};
  const best: (number | null)[] = [];
  for (const { config } of jobs) {
    const { split } = await readRun(config.out);
    patients = { ...patients, ...split.patients };
    const { counters } = await readCheckpoint(runPaths(config.out).checkpoint);
    best.push(split.validation.length === 0 ? null : counters.best?.score ?? null);
  }
  const validation = best.every((score) => score !== null)
    ? best.reduce((a, b) => a + b, 0) / best.length
    : null;
  return { variant, seed, summary, patients, validation };
}

/**
 * A study of doubt and calibration as tables.
 *
 * @module
 */

import type { Targets } from "../../slices/case.ts";
import { csvLine } from "../../support/csv.ts";
import { alignColumns } from "../text_table.ts";
import type { DoubtStudy, Runs } from "./doubt_study.ts";
import { DOUBT_TITLES, type DoubtName, DOUBTS } from "./doubts.ts";
import { BAD_DICE, type DoubtRanking, rankDoubt } from "./rank_doubt.ts";

/** A class of a study: its place and name; with several classes also all together. */
interface Part {
  readonly index: number | "all";
  readonly name: string;
}

function partsOf({ classes }: Targets): Part[] {
  const each = classes.map(({ name }, index) => ({ index, name }));
  return classes.length === 1 ? each : [{ index: "all", name: "all" }, ...each];
}

/** Every measure of every case and class, with its Dice score. */
export function doubtsCsv(study: DoubtStudy, targets: Targets): string {
  return [
    csvLine(["case", "patient", "class", "Dice", ...DOUBTS]),
    ...partsOf(targets).flatMap(({ index, name }) =>
      study.cases.map(({ case: id, patient, dice, doubts }) => {
        const of = (values: { all: number; classes: readonly number[] }) =>
          index === "all" ? values.all : values.classes[index];
        const values = DOUBTS.map((doubt) => of(doubts[doubt]!));
        return csvLine([id, patient, name, of(dice), ...values]);
      })
    ),
  ].join("");
}

/** How well a measure ranks the masks of a class. */
export interface RankingRow extends DoubtRanking {
  /** The class's name; "all" for all of several. */
  readonly class: string;
  readonly measure: DoubtName;
}

/** All rankings of a study. */
export function rankings(study: DoubtStudy, targets: Targets, seed: number): RankingRow[] {
  return partsOf(targets).flatMap(({ index, name }) =>
    DOUBTS.map((measure) => ({
      class: name,
      measure,
      ...rankDoubt(study.masks(measure, index), seed),
    }))
  );
}

/** Rankings as a table, one row for each class and measure. */
export function rankingCsv(rows: readonly RankingRow[]): string {
  return [
    csvLine([
      ...["class", "measure", "n", "bad", "AURC", "AURC_best", "AURC_random", "Dice_gain_90"],
      ...["AUROC", "AUPRC", "Spearman", "ci95_low", "ci95_high"],
    ]),
    ...rows.map((row) =>
      csvLine([
        ...[row.class, row.measure, row.n, row.bad, row.aurc, row.aurcBest, row.aurcRandom],
        ...[row.gain90, row.auroc, row.auprc, row.spearman, ...row.ci95],
      ])
    ),
  ].join("");
}

/** Rankings as lines for a terminal. */
export function formatRankings(rows: readonly RankingRow[]): string[] {
  const text = (value: number, digits: number) =>
    Number.isNaN(value) ? "–" : value.toFixed(digits).replace("-", "−");
  const several = new Set(rows.map((row) => row.class)).size > 1;
  const head = [
    ...(several ? ["class"] : []),
    ...["measure", "AURC", "Dice at 90 %", "AUROC", "AUPRC", "Spearman", "95 % interval"],
  ];
  const lines = rows.map((row) => [
    ...(several ? [row.class] : []),
    DOUBT_TITLES[row.measure],
    text(row.aurc, 4),
    (row.gain90 >= 0 ? "+" : "") + text(row.gain90, 4),
    text(row.auroc, 2),
    text(row.auprc, 2),
    text(row.spearman, 2),
    Number.isNaN(row.ci95[0]) ? "–" : row.ci95.map((limit) => text(limit, 2)).join(" to "),
  ]);
  const [{ bad, n, aurcBest, aurcRandom }] = rows as [RankingRow];
  return [
    ...alignColumns([head, ...lines]),
    `AURC ${text(aurcBest, 4)} is perfect and ${text(aurcRandom, 4)} random; ` +
    `${bad} of ${n} masks have a Dice below ${BAD_DICE}`,
  ];
}

const RUNS: Readonly<Record<Runs, (samples: number) => number>> = {
  one: () => 1,
  several: (samples) => samples,
};
const PLACES = { all: "all", edge: "near the edge" } as const;

/** The calibration of each class, of one run and of several, in all voxels and near the edge. */
export function calibrationCsv(study: DoubtStudy, targets: Targets, samples: number): string {
  return [
    csvLine([
      ...["class", "runs", "voxels", "n", "ECE_before", "ECE_after", "Brier_before"],
      "Brier_after",
    ]),
    ...study.reliability().map(({ runs, index, where, before, after }) =>
      csvLine([
        ...[targets.classes[index]!.name, RUNS[runs](samples), PLACES[where], before.n],
        ...[before.ece, after?.ece, before.brier, after?.brier],
      ])
    ),
  ].join("");
}

/** The same as lines for a terminal. */
export function formatReliability(study: DoubtStudy, targets: Targets, samples: number): string[] {
  const text = (value: number | undefined) => value === undefined ? "–" : value.toFixed(4);
  const several = targets.classes.length > 1;
  return alignColumns([
    [...(several ? ["class"] : []), "runs", "voxels", "ECE", "calibrated", "Brier", "calibrated"],
    ...study.reliability().map(({ runs, index, where, before, after }) => [
      ...(several ? [targets.classes[index]!.name] : []),
      String(RUNS[runs](samples)),
      PLACES[where],
      ...[before.ece, after?.ece, before.brier, after?.brier].map(text),
    ]),
  ]);
}

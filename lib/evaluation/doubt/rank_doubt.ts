/**
 * How well a measure of doubt finds bad masks.
 *
 * @module
 */

import { Random } from "../../support/random.ts";
import { ranks, spearman } from "../correlation.ts";
import { FEWEST_FOR_INTERVAL, finiteMean, percentiles } from "../statistics.ts";

/** A mask, its doubt and its score. */
export interface DoubtedMask {
  /** NaN (nothing was found) counts as the most doubtful. */
  readonly doubt: number;
  /** NaN: the mask does not count. */
  readonly dice: number;
  /** The patient's name: patients are resampled, not masks. */
  readonly patient: string;
}

/** How well a measure ranks masks; NaN where it is undefined. */
export interface DoubtRanking {
  /** The number of masks. */
  readonly n: number;
  /** Of which so many are bad, see {@linkcode BAD_DICE}. */
  readonly bad: number;
  /** The area under the risk–coverage curve; less is better. */
  readonly aurc: number;
  /** That of a perfect ranking. */
  readonly aurcBest: number;
  /** That of a random ranking: the mean risk. */
  readonly aurcRandom: number;
  /** The mean Dice of the least doubtful 90 % − that of all. */
  readonly gain90: number;
  /** The area under the ROC curve for finding bad masks; 0.5 at random. */
  readonly auroc: number;
  /** The area under their precision–recall curve (average precision); `bad / n` at random. */
  readonly auprc: number;
  /** Spearman's correlation with Dice; −1 is perfect. */
  readonly spearman: number;
  /** Its 95 % interval, by resampling patients. */
  readonly ci95: readonly [low: number, high: number];
}

/** A mask with a lower Dice score is bad. */
export const BAD_DICE = 0.8;
/** Enough for limits to two digits. */
const RESAMPLES = 2000;

/** A point of the risk–coverage curve. */
export interface RiskPoint {
  /** The fraction of masks that are accepted, the least doubtful first. */
  readonly coverage: number;
  /** The mean of their 1 − Dice. */
  readonly risk: number;
}

/**
 * The risk–coverage curve: the mean 1 − Dice of the k least doubtful masks, for every k. Masks of
 * equal doubt count as in the mean over all their orders.
 *
 * Source: Y. Geifman, R. El-Yaniv, "Selective classification for deep neural networks", 2017.
 *
 * @example
 * ```ts
 * import { riskCoverage } from "./rank_doubt.ts";
 * import assert from "node:assert/strict";
 *
 * const curve = riskCoverage([
 *   { doubt: 0.3, dice: 0.5, patient: "a" },
 *   { doubt: 0.1, dice: 1, patient: "b" },
 * ]);
 * assert.deepEqual(curve, [{ coverage: 0.5, risk: 0 }, { coverage: 1, risk: 0.25 }]);
 * ```
 */
export function riskCoverage(masks: readonly DoubtedMask[]): RiskPoint[] {
  const counted = inOrder(masks);
  const groups = [...Map.groupBy(counted, ({ doubt }) => doubt).values()];
  const risks = groups.flatMap((group) => {
    const mean = finiteMean(group.map(({ dice }) => 1 - dice));
    return group.map(() => mean);
  });
  let sum = 0;
  return risks.map((risk, i) => {
    sum += risk;
    return { coverage: (i + 1) / risks.length, risk: sum / (i + 1) };
  });
}

/** Those with a score, the least doubtful first. */
function inOrder(masks: readonly DoubtedMask[]): DoubtedMask[] {
  return masks.filter(({ dice }) => Number.isFinite(dice))
    .map((mask) => ({ ...mask, doubt: Number.isNaN(mask.doubt) ? Number.MAX_VALUE : mask.doubt }))
    .sort((a, b) => a.doubt - b.doubt);
}

/** The mean risk over all coverages. */
function area(masks: readonly DoubtedMask[]): number {
  return finiteMean(riskCoverage(masks).map(({ risk }) => risk));
}

/**
 * Ranks masks by their doubt, and scores the ranking.
 *
 * @param masks Several may be of one patient.
 * @param seed The seed of the interval.
 */
export function rankDoubt(masks: readonly DoubtedMask[], seed: number): DoubtRanking {
  const counted = inOrder(masks);
  const n = counted.length;
  const dice = counted.map((mask) => mask.dice);
  const kept = riskCoverage(counted)[n - Math.floor(n / 10) - 1];
  const bad = counted.map((mask) => mask.dice < BAD_DICE);
  return {
    n,
    bad: bad.filter(Boolean).length,
    aurc: area(counted),
    aurcBest: area(counted.map((mask) => ({ ...mask, doubt: -mask.dice }))),
    aurcRandom: 1 - finiteMean(dice),
    gain90: kept === undefined ? NaN : 1 - kept.risk - finiteMean(dice),
    ...detection(counted.map(({ doubt }) => doubt), bad),
    spearman: spearman(counted.map(({ doubt }) => doubt), dice),
    ci95: patientInterval(counted, seed),
  };
}

/** Areas under the ROC curve and the precision–recall curve for finding bad masks. */
function detection(
  doubts: readonly number[],
  bad: readonly boolean[],
): Pick<DoubtRanking, "auroc" | "auprc"> {
  const positives = bad.filter(Boolean).length;
  const negatives = bad.length - positives;
  if (positives === 0 || negatives === 0) return { auroc: NaN, auprc: NaN };
  const rankSum = ranks(doubts).reduce((sum, rank, i) => sum + (bad[i] ? rank : 0), 0);
  const pairs = rankSum - positives * (positives + 1) / 2;
  let auprc = 0;
  for (const threshold of new Set(doubts)) {
    const flagged = bad.filter((_, i) => doubts[i]! >= threshold);
    const found = bad.filter((isBad, i) => isBad && doubts[i] === threshold).length;
    auprc += found / positives * flagged.filter(Boolean).length / flagged.length;
  }
  return { auroc: pairs / (positives * negatives), auprc };
}

/** The interval of Spearman's correlation: patients are drawn with replacement. */
function patientInterval(masks: readonly DoubtedMask[], seed: number): [number, number] {
  const patients = [...Map.groupBy(masks, ({ patient }) => patient).values()];
  if (patients.length < FEWEST_FOR_INTERVAL) return [NaN, NaN];
  const random = new Random(seed);
  const correlations = Float64Array.from({ length: RESAMPLES }, () => {
    const drawn = patients.flatMap(() => patients[random.integer(patients.length)]!);
    return spearman(drawn.map(({ doubt }) => doubt), drawn.map(({ dice }) => dice));
  });
  return percentiles(correlations, 0.95);
}

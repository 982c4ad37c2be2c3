/**
 * The doubt of a run: the measure that ranked its validation cases best, in its folder.
 *
 * @module
 */

import { join } from "@std/path";
import * as v from "valibot";
import { InputError } from "../../support/errors.ts";
import { writeJsonAtomic } from "../../support/files.ts";
import { quantile } from "../../support/quantile.ts";
import { ifThere, readJson } from "../../support/read_text.ts";
import { DOUBT_TITLES, type DoubtName, DOUBTS, ONE_RUN_DOUBTS } from "./doubts.ts";
import { finiteMean } from "../statistics.ts";
import { type DoubtedMask, rankDoubt } from "./rank_doubt.ts";

const measure = v.object({
  /** The area under the risk–coverage curve; null if no case has a score. */
  aurc: v.nullable(v.number()),
  /** Masks with more doubt are to be looked at first. */
  threshold: v.number(),
});
const schema = v.object({
  /** The number of validation cases. */
  cases: v.number(),
  /** The runs behind the measures of several runs. */
  samples: v.number(),
  /** The best measure that needs one run only. */
  one: v.picklist(ONE_RUN_DOUBTS),
  /** The best measure of all. */
  several: v.picklist(DOUBTS),
  measures: v.object(byName(() => measure)),
});

/** How the doubt of a run is measured; chosen on its validation cases. */
export type RunDoubt = v.InferOutput<typeof schema>;

const FILE = "doubt.json";
/** Nine in ten validation masks are at most as doubtful as the threshold. */
const THRESHOLD = 0.9;

/**
 * Chooses the measures with the smallest area under the risk–coverage curve, of one run and of all;
 * of equal ones the first.
 *
 * @param masks The validation cases with a measure.
 * @param samples The number of runs.
 */
export function chooseDoubt(
  masks: (name: DoubtName) => readonly DoubtedMask[],
  samples: number,
): RunDoubt {
  return withBest({
    cases: masks("nqm").length,
    samples,
    measures: byName((name) => {
      const { aurc } = rankDoubt(masks(name), 0);
      return {
        aurc: Number.isNaN(aurc) ? null : aurc,
        threshold: quantile(masks(name).map(({ doubt }) => doubt), THRESHOLD),
      };
    }),
  });
}

/**
 * The choice for an ensemble: areas and thresholds are the means of those of its models, each from
 * its own validation cases.
 *
 * @returns Null if a model has no choice.
 */
export function mergeDoubts(choices: readonly (RunDoubt | null)[]): RunDoubt | null {
  const known = choices.filter((choice) => choice !== null);
  if (known.length < choices.length) return null;
  const mean = (of: (choice: RunDoubt) => number | null) => {
    const value = finiteMean(known.map((choice) => of(choice) ?? NaN));
    return Number.isNaN(value) ? null : value;
  };
  return withBest({
    cases: known.reduce((sum, { cases }) => sum + cases, 0),
    samples: known[0]!.samples,
    measures: byName((name) => ({
      aurc: mean(({ measures }) => measures[name].aurc),
      threshold: mean(({ measures }) => measures[name].threshold)!,
    })),
  });
}

function byName<T>(of: (name: DoubtName) => T): Record<DoubtName, T> {
  return Object.fromEntries(DOUBTS.map((name) => [name, of(name)])) as Record<DoubtName, T>;
}

function withBest(choice: Omit<RunDoubt, "one" | "several">): RunDoubt {
  const area = (name: DoubtName) => choice.measures[name].aurc ?? Infinity;
  const best = (names: readonly DoubtName[]) =>
    names.reduce((best, name) => area(name) < area(best) ? name : best);
  return { ...choice, one: best(ONE_RUN_DOUBTS), several: best(DOUBTS) };
}

/** The choice as text. */
export function formatDoubt({ one, several, samples, measures, cases }: RunDoubt): string[] {
  const area = (name: DoubtName) => `AURC ${measures[name].aurc?.toFixed(4) ?? "undefined"}`;
  return [
    `one run: ${DOUBT_TITLES[one]} (${area(one)} on ${cases} validation cases)`,
    `${samples} runs: ${DOUBT_TITLES[several]} (${area(several)})`,
  ];
}

/** Stores the choice with the run. */
export async function writeDoubt(folder: string, choice: RunDoubt): Promise<void> {
  await writeJsonAtomic(join(folder, FILE), choice);
}

/**
 * Reads the choice of a run.
 *
 * @returns Null if nothing was chosen.
 * @throws {InputError} If the file is damaged.
 */
export async function readDoubt(folder: string): Promise<RunDoubt | null> {
  const path = join(folder, FILE);
  const hint = `Choose again: deno task evaluate --run ${folder} --split validation --uncertainty`;
  const purpose = { code: "bad-run", hint } as const;
  const content = await ifThere(readJson(path, { what: "doubt", ...purpose }));
  if (content === undefined) return null;
  const parsed = v.safeParse(schema, content);
  if (parsed.success) return parsed.output;
  throw new InputError(`Cannot read doubt: ${parsed.issues[0].message}`, { ...purpose, path });
}

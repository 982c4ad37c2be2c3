/**
 * The scores of single slices: where in an object a model is weak.
 *
 * @module
 */

import type { Targets } from "../slices/case.ts";
import { csvLine, parseCsv } from "../support/csv.ts";
import { InputError } from "../support/errors.ts";
import { writeFileAtomic } from "../support/files.ts";
import { ifThere, readText } from "../support/read_text.ts";
import { overlap, overlapScores } from "./overlap.ts";
import { scoreLabels } from "./score_labels.ts";
import { finiteMean } from "./statistics.ts";

/**
 * A row of `slice_scores.csv`: the score of a class in a slice that holds some of it, in the mask or
 * in the reference.
 */
export interface SliceScoreRow {
  readonly case: string;
  /** The class's name. */
  readonly class: string;
  /** The slice's index in its case. */
  readonly slice: number;
  /**
   * Its place between the first slice of the class in the reference (0) and the last (1); 0.5 if
   * there is only one, NaN outside.
   */
  readonly position: number;
  readonly Dice: number;
}

/**
 * Scores the slices of a case, class after class.
 *
 * @param scored.indices The slices' indices.
 * @param scored.masks Codes, one plane per slice.
 * @param scored.labels Codes of the reference.
 *
 * @example
 * ```ts
 * import { sliceScores } from "./slice_scores.ts";
 * import assert from "node:assert/strict";
 *
 * const classes = [{ name: "gland", values: "above 0" }] as const;
 * const scores = sliceScores({
 *   case: "a",
 *   indices: [4, 5, 6],
 *   masks: [Uint8Array.of(1, 1), Uint8Array.of(0, 0), Uint8Array.of(0, 1)],
 *   labels: [Uint8Array.of(1, 1), Uint8Array.of(0, 0), Uint8Array.of(1, 0)],
 * }, { kind: "classes", classes, ignore: [] });
 * assert.deepEqual(scores.map(({ slice, position, Dice }) => [slice, position, Dice]), [
 *   [4, 0, 1],
 *   [6, 1, 0],
 * ]);
 * ```
 */
export function sliceScores(
  { case: id, indices, masks, labels }: {
    readonly case: string;
    readonly indices: readonly number[];
    readonly masks: readonly Uint8Array[];
    readonly labels: readonly Uint8Array[];
  },
  targets: Targets,
): SliceScoreRow[] {
  return scoreLabels(targets).flatMap(({ name, codes }) => {
    const counts = masks.map((mask, i) => overlap(mask, labels[i]!, codes));
    const isThere = counts.map(({ TP, FN }) => TP + FN > 0);
    const [first, last] = [isThere.indexOf(true), isThere.lastIndexOf(true)];
    const positionOf = (i: number) =>
      i < first || i > last ? NaN : first === last ? 0.5 : (i - first) / (last - first);
    return counts.map((count, i) => ({
      case: id,
      class: name,
      slice: indices[i]!,
      position: positionOf(i),
      Dice: overlapScores(count).Dice,
    })).filter(({ Dice }) => !Number.isNaN(Dice));
  });
}

const HEADER = ["case", "class", "slice", "position", "Dice"] as const;

/** Writes slice scores as CSV. What is undefined is empty. */
export async function writeSliceScores(
  path: string,
  scores: readonly SliceScoreRow[],
): Promise<void> {
  const lines = scores.map((score) => csvLine(HEADER.map((key) => score[key])));
  await writeFileAtomic(path, [csvLine(HEADER), ...lines].join(""));
}

/**
 * Reads what {@linkcode writeSliceScores} wrote.
 *
 * @returns `undefined` if there is no such file.
 * @throws {InputError} If it is another kind of file.
 */
export async function readSliceScores(path: string): Promise<SliceScoreRow[] | undefined> {
  const text = await ifThere(readText(path, { what: "slice scores", code: "bad-run" }));
  if (text === undefined) return undefined;
  try {
    const [header, ...lines] = parseCsv(text);
    if (header?.join() !== HEADER.join()) throw new SyntaxError("other columns");
    return lines.map(([id = "", name = "", slice, position, dice]) => ({
      case: id,
      class: name,
      slice: Number(slice),
      position: position === "" ? NaN : Number(position),
      Dice: Number(dice),
    }));
  } catch (cause) {
    if (!(cause instanceof SyntaxError)) throw cause;
    throw new InputError("Cannot read slice scores: the file was not written by this program", {
      code: "bad-run",
      path,
      hint: "Score the run again with deno task evaluate",
      cause,
    });
  }
}

/** The slices of one part of an object. */
export interface PositionScore {
  readonly class: string;
  /** The mean of their positions, 0 to 1. */
  readonly position: number;
  /** The number of slices. */
  readonly n: number;
  /** The mean of their Dice scores. */
  readonly Dice: number;
}

/**
 * The mean Dice score of the slices in each of ten equal parts of an object, from its first slice to
 * its last, by class. Parts without slices are left out, and slices outside of the reference.
 */
export function scoresByPosition(scores: readonly SliceScoreRow[]): PositionScore[] {
  const parts = 10;
  const placed = scores.filter(({ position }) => !Number.isNaN(position));
  return [...Map.groupBy(placed, (score) => score.class)].flatMap(([name, own]) => {
    const byPart = Map.groupBy(own, ({ position }) => Math.min(parts - 1, position * parts | 0));
    return [...byPart].sort(([a], [b]) => a - b).map(([, slices]) => ({
      class: name,
      position: finiteMean(slices.map(({ position }) => position)),
      n: slices.length,
      Dice: finiteMean(slices.map(({ Dice }) => Dice)),
    }));
  });
}

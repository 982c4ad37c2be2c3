/**
 * A list of masks to review, the most doubtful first.
 *
 * @module
 */

import { join } from "@std/path";
import type { Target } from "../../slices/case.ts";
import { csvLine } from "../../support/csv.ts";
import { writeFileAtomic } from "../../support/files.ts";
import { type PredictionRecord, readRecords } from "../prediction_record.ts";

/** What {@linkcode writeReview} takes. */
export interface ReviewOptions {
  /** The folder of the masks and their records. */
  readonly folder: string;
  /** The classes of the masks. */
  readonly classes: readonly Target[];
  /** What current masks depend on, from `whatItDependsOn`; older ones are left out. */
  readonly made: PredictionRecord["made"];
  /** Masks with more doubt are flagged; null: none was chosen. */
  readonly threshold: number | null;
}

/** The list that {@linkcode writeReview} wrote. */
export interface Review {
  readonly path: string;
  /** The number of masks in it. */
  readonly masks: number;
  /** The names of the flagged masks, in order. */
  readonly flagged: readonly string[];
}

/**
 * Writes `review.csv`: for each mask in a folder its rank, its doubt, whether that is above the
 * threshold, whether it touches the border, millilitres and number of pieces of each class, and the
 * warnings about its image. Where nothing was found, doubt is undefined; these come first.
 */
export async function writeReview(options: ReviewOptions): Promise<Review> {
  const { folder, classes, made, threshold } = options;
  const current = JSON.stringify(made);
  const rows = [...await readRecords(folder)]
    .filter(([, record]) => JSON.stringify(record.made) === current)
    .map(([name, { found }]) => ({ name, ...found!, doubt: found!.doubt ?? Infinity }))
    .sort((a, b) => a.doubt === b.doubt ? 0 : b.doubt - a.doubt);
  const isFlagged = (doubt: number) => threshold !== null && doubt > threshold;
  const path = join(folder, "review.csv");
  await writeFileAtomic(
    path,
    [
      csvLine([
        ...["rank", "mask", "doubt", "flagged", "touches_border"],
        ...classes.flatMap(({ name }) => [`${name}_ml`, `${name}_pieces`]),
        "warnings",
      ]),
      ...rows.map(({ name, doubt, counts, pieces, touchesBorder, voxelMillilitres, warnings }, i) =>
        csvLine([
          ...[i + 1, name, doubt, threshold === null ? null : yes(isFlagged(doubt))],
          yes(touchesBorder ?? false),
          ...classes.flatMap((_, c) => [
            voxelMillilitres === undefined ? null : (counts[c] ?? 0) * voxelMillilitres,
            pieces?.[c],
          ]),
          warnings.join("; "),
        ])
      ),
    ].join(""),
  );
  const flagged = rows.filter(({ doubt }) => isFlagged(doubt)).map(({ name }) => name);
  return { path, masks: rows.length, flagged };
}

function yes(value: boolean): "yes" | "no" {
  return value ? "yes" : "no";
}

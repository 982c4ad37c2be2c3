/**
 * The list of masks to review that `deno task predict` writes.
 *
 * @module
 */

import { DOUBT_TITLES, type DoubtName } from "../../lib/evaluation/doubt/doubts.ts";
import type { RunDoubt } from "../../lib/evaluation/doubt/doubt_file.ts";
import type { Review } from "../../lib/evaluation/doubt/review.ts";
import { counted, namesOf } from "../../lib/support/names_of.ts";
import type { TrainedRun } from "./trained_models.ts";

/** How doubt is measured and probabilities are calibrated, as chosen on validation patients. */
export function doubtOf(
  { models, doubt, calibration }: Pick<TrainedRun, "models" | "doubt" | "calibration">,
  samples: number,
) {
  const several = models.length * samples > 1;
  return {
    doubt: several ? doubt?.several ?? "nqm" : doubt?.one ?? "entropy_one_run",
    temperatures: (several ? calibration?.several : calibration?.one)?.temperatures ?? null,
  } as const;
}

/** With fewer validation masks the threshold is little more than the doubt of one of them. */
const FEW = 10;

/** Prints which masks to look at first. */
export function describeReview(
  { path, masks, flagged }: Review,
  { chosen, doubt, folder }: { chosen: RunDoubt | null; doubt: DoubtName; folder: string },
): void {
  console.log(`Review   ${path}: ${counted(masks, "mask")} by ${DOUBT_TITLES[doubt]}`);
  if (chosen === null) {
    console.log(
      "         none is flagged: this run has no threshold from validation patients; make one with " +
        `deno task evaluate --run ${folder} --split validation --uncertainty`,
    );
  } else if (flagged.length > 0) {
    const { cases } = chosen;
    console.log(
      `         look at these first, more doubtful than nine in ten of ${cases} validation masks` +
        `${cases < FEW ? " (so few say little)" : ""}: ${namesOf(flagged)}`,
    );
  }
}

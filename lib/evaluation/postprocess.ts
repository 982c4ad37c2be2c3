/**
 * What becomes of masks before they are written: chosen on validation patients, stored with the
 * run.
 *
 * @module
 */

import { join } from "@std/path";
import * as v from "valibot";
import type { Case, Targets } from "../slices/case.ts";
import { InputError } from "../support/errors.ts";
import { writeJsonAtomic } from "../support/files.ts";
import { codesOf, overlap, overlapScores } from "./overlap.ts";
import { fillHoles, largestComponent } from "./postprocess_mask.ts";
import { joinPlanes, maskGrid } from "./score_case.ts";
import { finiteMean } from "./statistics.ts";

/** What can be done to the mask of a class, see `largestComponent` and `fillHoles`. */
export const POSTPROCESSES = ["none", "largest", "fill-holes", "largest+fill-holes"] as const;

/** One of {@linkcode POSTPROCESSES}. */
export type Postprocess = (typeof POSTPROCESSES)[number];

/** Why a class gets what it gets. */
export interface PostprocessChoice {
  /** The class. */
  name: string;
  choice: Postprocess;
  /** The mean Dice score of the validation cases with each of them; null where it is undefined. */
  dice: Record<Postprocess, number | null>;
}

/**
 * Does to each class of a mask what was chosen for it. Of exclusive classes a piece that goes
 * becomes background, and a hole is filled where it is background.
 *
 * @param mask Codes, x fastest.
 * @param shape How many voxels along each axis, x first.
 * @param steps One for each class of the targets.
 * @returns A new mask, or the same where nothing is to be done.
 */
export function postprocessMask(
  mask: Uint8Array,
  shape: readonly number[],
  steps: readonly Postprocess[],
  { kind }: Pick<Targets, "kind">,
): Uint8Array {
  if (steps.every((step) => step === "none")) return mask;
  const result = mask.slice();
  for (const [index, step] of steps.entries()) {
    if (step === "none") continue;
    const codes = codesOf({ kind }, index);
    const before = result.map((code) => codes[code]!);
    let after: Uint8Array = before;
    if (step !== "fill-holes") after = largestComponent(after, shape);
    if (step !== "largest") after = fillHoles(after, shape);
    for (const [i, value] of after.entries()) {
      if (value === before[i]) continue;
      if (kind === "regions") result[i]! ^= 1 << index;
      else if (value === 0) result[i] = 0;
      else if (result[i] === 0) result[i] = index + 1;
    }
  }
  return result;
}

/**
 * {@linkcode postprocessMask} of a case: its volume as a whole, or each picture by itself.
 *
 * @param masks Codes, one plane for each of the case's indices.
 */
export function postprocessCase(
  masks: readonly Uint8Array[],
  opened: Pick<Case, "kind" | "grid" | "indices" | "extent">,
  steps: readonly Postprocess[],
  targets: Targets,
): Uint8Array[] {
  if (steps.every((step) => step === "none")) return [...masks];
  const grid = maskGrid(opened);
  if (grid === null) {
    return masks.map((mask, i) => {
      const { height, width } = opened.extent(opened.indices[i]!);
      return postprocessMask(mask, [width, height], steps, targets);
    });
  }
  const whole = postprocessMask(joinPlanes(masks), grid.shape, steps, targets);
  let start = 0;
  return masks.map(({ length }) => whole.subarray(start, start += length));
}

/** A validation case: what was predicted, and what is right. */
export interface ValidationCase {
  readonly opened: Case;
  /** Codes, one plane for each of the case's indices. */
  readonly masks: readonly Uint8Array[];
}

/**
 * Chooses for each class what raises the mean Dice score of the validation cases the most, and
 * nothing where nothing raises it.
 *
 * Source: F. Isensee et al., "nnU-Net", Nature Methods 2021, which chooses so too.
 *
 * @param cases The validation cases, one after the other; all with labels.
 * @returns One choice a class.
 */
export async function choosePostprocess(
  cases: AsyncIterable<ValidationCase> | Iterable<ValidationCase>,
  targets: Targets,
): Promise<PostprocessChoice[]> {
  const scores = targets.classes.map(() => POSTPROCESSES.map((): number[] => []));
  for await (const { opened, masks } of cases) {
    const reference = joinPlanes(opened.indices.map((index) => opened.label(index).data));
    for (const [index, ofClass] of scores.entries()) {
      for (const [i, step] of POSTPROCESSES.entries()) {
        const steps = targets.classes.map((_, other) => other === index ? step : "none");
        const tried = joinPlanes(postprocessCase(masks, opened, steps, targets));
        ofClass[i]!.push(overlapScores(overlap(tried, reference, codesOf(targets, index))).Dice);
      }
    }
  }
  return targets.classes.map(({ name }, index) => {
    const means = scores[index]!.map(finiteMean);
    const best = means.reduce((best, mean, i) => mean > means[best]! ? i : best, 0);
    return {
      name,
      choice: POSTPROCESSES[best]!,
      dice: Object.fromEntries(
        POSTPROCESSES.map((step, i) => [step, Number.isNaN(means[i]) ? null : means[i]!]),
      ) as PostprocessChoice["dice"],
    };
  });
}

/** What was chosen, a line a class, for a terminal. */
export function formatPostprocess(choices: readonly PostprocessChoice[]): string[] {
  return choices.map(({ name, choice, dice }) => {
    const [before, after] = [dice.none, dice[choice]];
    const found = before === null || after === null
      ? "no validation case has it"
      : choice === "none"
      ? `nothing raises the validation Dice of ${before.toFixed(4)}`
      : `validation Dice ${before.toFixed(4)} → ${after.toFixed(4)}`;
    return `${name}: ${choice} (${found})`;
  });
}

const choicesSchema = v.array(v.object({
  name: v.string(),
  choice: v.picklist(POSTPROCESSES),
  dice: v.object({
    "none": v.nullable(v.number()),
    "largest": v.nullable(v.number()),
    "fill-holes": v.nullable(v.number()),
    "largest+fill-holes": v.nullable(v.number()),
  }),
}));

const FILE = "postprocess.json";

/** Stores what was chosen with the run. */
export async function writePostprocess(
  folder: string,
  choices: readonly PostprocessChoice[],
): Promise<void> {
  await writeJsonAtomic(join(folder, FILE), choices);
}

/**
 * What was chosen for a run.
 *
 * @returns One for each class of the targets; "none" for all where nothing was chosen.
 * @throws {InputError} Where the file is damaged or is of other classes.
 */
export async function readPostprocess(folder: string, targets: Targets): Promise<Postprocess[]> {
  const path = join(folder, FILE);
  try {
    const choices = v.parse(choicesSchema, JSON.parse(await Deno.readTextFile(path)));
    const names = targets.classes.map(({ name }) => name);
    if (choices.map(({ name }) => name).join("\n") !== names.join("\n")) {
      throw new SyntaxError(`it is not about ${names.join(", ")}`);
    }
    return choices.map(({ choice }) => choice);
  } catch (cause) {
    if (cause instanceof Deno.errors.NotFound) return targets.classes.map(() => "none");
    throw new InputError(`Cannot read run: ${(cause as Error).message}`, {
      code: "bad-run",
      path,
      hint: "Copy postprocess.json from the run again, or remove it to leave masks as they are",
      cause,
    });
  }
}

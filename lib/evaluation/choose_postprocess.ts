/**
 * Chooses the postprocessing of masks on validation patients, and stores it with the run.
 *
 * @module
 */

import { join } from "@std/path";
import * as v from "valibot";
import type { Targets } from "../slices/case.ts";
import type { CaseSource } from "../slices/discovery/case_source.ts";
import { InputError } from "../support/errors.ts";
import { writeJsonAtomic } from "../support/files.ts";
import { ifThere, readJson } from "../support/read_text.ts";
import { openViews } from "./open_views.ts";
import { codesOf, overlap, overlapScores } from "./overlap.ts";
import { predictCase, type PredictCaseOptions, type TrainedModel } from "./predict_case.ts";
import { type Postprocess, postprocessCase, POSTPROCESSES } from "./postprocess.ts";
import { joinPlanes } from "./score_case.ts";
import { finiteMean } from "./statistics.ts";

/** The choice for a class, with its reason. */
export interface PostprocessChoice {
  /** The class. */
  name: string;
  choice: Postprocess;
  /** The mean Dice score of the validation cases with each of them; null if it is undefined. */
  dice: Record<Postprocess, number | null>;
}

/** What {@linkcode choosePostprocess} takes. */
export interface ChoosePostprocessOptions
  extends Pick<PredictCaseOptions, "batchSize" | "seed" | "signal"> {
  /** One model, or an ensemble. */
  readonly models: readonly TrainedModel[];
  /** The validation cases, with labels. */
  readonly sources: readonly CaseSource[];
}

/**
 * Chooses for each class the postprocessing that raises the mean Dice score of the validation cases
 * the most; none if none raises it.
 *
 * Source: F. Isensee et al., "nnU-Net", Nature Methods 2021, which chooses in the same way.
 *
 * @returns One choice per class, for {@linkcode writePostprocess}.
 * @throws {InputError} If a case cannot be used.
 * @throws The signal's reason, if it was aborted.
 */
export async function choosePostprocess(
  options: ChoosePostprocessOptions,
): Promise<PostprocessChoice[]> {
  const { models, sources } = options;
  const { targets } = models[0]!.inputs;
  const scores = targets.classes.map(() => POSTPROCESSES.map((): number[] => []));
  for (const source of sources) {
    const { views, opened } = await openViews(models, source, true);
    const { masks } = await predictCase(views, {
      ...options,
      samples: 1,
      keepProbabilities: false,
    });
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

/** The choices as text, one line per class. */
export function formatPostprocess(choices: readonly PostprocessChoice[]): string[] {
  return choices.map(({ name, choice, dice }) => {
    const [before, after] = [dice.none, dice[choice]];
    const found = before === null || after === null
      ? "in no validation case"
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

const PURPOSE = {
  code: "bad-run",
  hint: "Copy postprocess.json from the run again, or remove it to disable postprocessing",
} as const;

/** Stores the choices with the run. */
export async function writePostprocess(
  folder: string,
  choices: readonly PostprocessChoice[],
): Promise<void> {
  await writeJsonAtomic(join(folder, FILE), choices);
}

/**
 * Reads the choices of a run.
 *
 * @returns One per class of the targets; "none" for all if nothing was chosen.
 * @throws {InputError} If the file is damaged or has other classes.
 */
export async function readPostprocess(folder: string, targets: Targets): Promise<Postprocess[]> {
  const path = join(folder, FILE);
  const content = await ifThere(readJson(path, { what: "run", ...PURPOSE }));
  if (content === undefined) return targets.classes.map(() => "none");
  try {
    const choices = v.parse(choicesSchema, content);
    const names = targets.classes.map(({ name }) => name);
    if (choices.map(({ name }) => name).join("\n") !== names.join("\n")) {
      throw new SyntaxError(`its classes are not ${names.join(", ")}`);
    }
    return choices.map(({ choice }) => choice);
  } catch (cause) {
    throw new InputError(`Cannot read run: ${(cause as Error).message}`, {
      ...PURPOSE,
      path,
      cause,
    });
  }
}

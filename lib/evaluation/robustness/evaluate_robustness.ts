/**
 * Scoring a model on cases that were made harder.
 *
 * @module
 */

import { discoverCases } from "../../slices/discovery/discover_cases.ts";
import { normalize } from "../../slices/normalize.ts";
import { join1d } from "../../slices/read_case.ts";
import type { Slice } from "../../slices/types.ts";
import { InputError } from "../../support/errors.ts";
import { Random } from "../../support/random.ts";
import type { EvaluateCasesOptions } from "../evaluate_cases.ts";
import { readLabelledCase } from "../labelled_case.ts";
import { confusionCounts } from "../metrics.ts";
import { maskOf, type PredictOptions, predictSlices } from "../predict_slices.ts";
import type { CaseImages, Perturbation, Perturbed } from "./perturbation.ts";
import { PERTURBATIONS } from "./perturbations.ts";

/** The score of one case under one perturbation. */
export interface RobustnessScore {
  /** The perturbation's name. */
  perturbation: string;
  /** In the perturbation's unit. */
  strength: number;
  /** The case's name. */
  case: string;
  /** Over its whole volume; NaN where it is undefined. */
  dice: number;
  /** Of erased cells: the score if the wound stayed in the mask as it was made, for comparison. */
  unhealed?: number;
}

/** A slice under a perturbation, to look at. */
export interface RobustnessExample {
  /** The perturbation's name. */
  perturbation: string;
  /** In the perturbation's unit. */
  strength: number;
  /** The score of the case, not of the slice. */
  dice: number;
  /** What the model was given. */
  image: Slice;
  /** 0 or 1. */
  truth: ArrayLike<number>;
  /** 0 or 1. */
  prediction: ArrayLike<number>;
  /** 1 where cells were erased. */
  wound?: ArrayLike<number>;
}

/** How far {@linkcode evaluateRobustness} is. */
export interface RobustnessProgress extends RobustnessScore {
  /** How many predictions of a case are done. */
  done: number;
  /** How many there are. */
  total: number;
}

/** What {@linkcode evaluateRobustness} takes. */
export interface RobustnessOptions extends
  Pick<
    EvaluateCasesOptions,
    "model" | "data" | "cases" | "settings" | "batchSize" | "seed" | "signal"
  > {
  /** What to try; all of {@linkcode PERTURBATIONS} unless told. */
  perturbations?: readonly Perturbation[];
  /** Fewer strengths of each. */
  quick?: boolean;
  /** Told after each prediction of a case. */
  onProgress?: (progress: RobustnessProgress) => void;
}

/** What {@linkcode evaluateRobustness} found. */
export interface RobustnessResult {
  /** By case, perturbation and strength; only of cases that are done with. */
  scores: RobustnessScore[];
  /** The largest slice of the first case under everything. */
  examples: RobustnessExample[];
  /** Whether the signal stopped it before the last case. */
  aborted: boolean;
  /** What was wrong with cases, "case: what". */
  problems: string[];
}

/**
 * Scores a model on the cases of a data folder under perturbations of growing strength. Images are
 * perturbed after they were normalised, and normalised again as every image is; the same seed
 * perturbs a case alike whatever else is tried. Unperturbed cases score as in `evaluateCases`.
 *
 * @throws {InputError} Where there are no such cases, or none of them can be used; it lists why.
 */
export async function evaluateRobustness(options: RobustnessOptions): Promise<RobustnessResult> {
  const { data, settings, signal, onProgress, perturbations = PERTURBATIONS } = options;
  const { kind, cases } = await discoverCases(data);
  const groups = Map.groupBy(cases, ({ id }) => id);
  const ids = options.cases ?? [...groups.keys()];
  const runs = perturbations.reduce((sum, each) => sum + trials(each, options).length, 1);
  const result: RobustnessResult = { scores: [], examples: [], aborted: false, problems: [] };
  let done = 0;
  try {
    for (const [i, id] of ids.entries()) {
      signal?.throwIfAborted();
      const wanted = { data, kind, id, entries: groups.get(id) ?? [], settings };
      const found = await readLabelledCase(wanted, result.problems);
      done = i * runs;
      if (found === undefined) continue;
      const given: CaseImages = {
        images: found.read.slices.map(({ image }) => image),
        labels: found.read.slices.map(({ label }) => label),
      };
      const { scores, examples } = await tryCase(id, given, options, (score) => {
        onProgress?.({ ...score, done: ++done, total: ids.length * runs });
      });
      result.scores.push(...scores);
      if (result.examples.length === 0) result.examples = examples;
    }
  } catch (error) {
    if (!signal?.aborted) throw error;
    result.aborted = true;
  }
  if (result.scores.length === 0 && !result.aborted) {
    throw new InputError(
      `Cannot score: none of ${ids.length} cases can be used: ${result.problems.join("; ")}`,
      { code: "bad-data-set", path: data },
    );
  }
  return result;
}

/** The strengths to try, the one that changes nothing aside: that is predicted once for all. */
function trials({ strengths, quick, none }: Perturbation, options: RobustnessOptions): number[] {
  return (options.quick ? quick : strengths).filter((strength) => strength !== none);
}

async function tryCase(
  id: string,
  given: CaseImages,
  options: RobustnessOptions,
  onScore: (score: RobustnessScore) => void,
): Promise<Pick<RobustnessResult, "scores" | "examples">> {
  const { model, perturbations = PERTURBATIONS, seed = 0 } = options;
  const shown = largest(given.labels);
  const run = async (perturbation: string, strength: number, perturbed: Perturbed) => {
    const { images, labels } = { ...given, ...perturbed };
    const masks = await predictMasks(images, options, perturbed.predict);
    const score = { perturbation, strength, case: id, dice: diceOf(masks, labels) };
    const wound = perturbed.predict?.wound?.cells[shown]?.data;
    const example: RobustnessExample = {
      ...score,
      ...(wound && { wound }),
      image: images[shown]!,
      truth: labels[shown]!.data,
      prediction: masks[shown]!,
    };
    return { masks, score, example };
  };

  const plain = await run("", NaN, {});
  onScore(plain.score);
  const scores: RobustnessScore[] = [];
  const examples: RobustnessExample[] = [];
  for (const perturbation of perturbations) {
    const { name, none } = perturbation;
    const unperturbed = { perturbation: name, strength: none };
    const found = [{
      score: { ...plain.score, ...unperturbed },
      example: { ...plain.example, ...unperturbed },
    }];
    for (const strength of trials(perturbation, options)) {
      const random = new Random(seed, ...codes(name), ...codes(id));
      const context = { steps: model.config.steps, random };
      const perturbed = renormalize(perturbation.apply(given, strength, context), options);
      const { score, example } = await run(name, strength, perturbed);
      const unhealed = perturbed.predict?.wound && {
        unhealed: diceOf(cutOut(plain.masks, perturbed.predict.wound.cells), given.labels),
      };
      found.push({ score: { ...score, ...unhealed }, example });
      onScore({ ...score, ...unhealed });
    }
    found.sort((a, b) => a.score.strength - b.score.strength);
    scores.push(...found.map(({ score }) => score));
    examples.push(...found.map(({ example }) => example));
  }
  return { scores, examples };
}

async function predictMasks(
  images: readonly Slice[],
  { model, settings, batchSize, seed, signal }: RobustnessOptions,
  predict: Pick<PredictOptions, "steps" | "wound"> = {},
): Promise<Uint8Array[]> {
  const predictions = await predictSlices(model, images, {
    ...settings,
    ...(batchSize === undefined ? {} : { batchSize }),
    ...(seed === undefined ? {} : { seed }),
    signal,
    ...predict,
  });
  return predictions.map(({ probability }) => maskOf(probability));
}

/** Perturbed images brought to [0, 1] as images are before a prediction. */
function renormalize(perturbed: Perturbed, { settings }: RobustnessOptions): Perturbed {
  const { images } = perturbed;
  if (images === undefined) return perturbed;
  const { clip } = settings;
  const values = normalize(join1d(images), clip === null ? {} : { clip });
  let start = 0;
  return {
    ...perturbed,
    images: images.map((image) => ({
      ...image,
      data: values.subarray(start, start += image.data.length),
    })),
  };
}

function diceOf(masks: readonly Uint8Array[], labels: readonly Slice[]): number {
  let [both, one] = [0, 0];
  for (const [i, mask] of masks.entries()) {
    const { TP, FP, FN } = confusionCounts(mask, maskOf(labels[i]!.data));
    both += TP;
    one += FP + FN;
  }
  return 2 * both / (2 * both + one);
}

function cutOut(masks: readonly Uint8Array[], wound: readonly Slice[]): Uint8Array[] {
  return masks.map((mask, i) => mask.map((value, p) => wound[i]!.data[p] === 1 ? 0 : value));
}

/** The slice with most of the object. */
function largest(labels: readonly Slice[]): number {
  const areas = labels.map(({ data }) => data.reduce((a, b) => a + b, 0));
  return areas.indexOf(Math.max(...areas));
}

function codes(text: string): number[] {
  return Array.from(text, (letter) => letter.codePointAt(0)!);
}

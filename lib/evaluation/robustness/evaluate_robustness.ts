/**
 * Scores a model on perturbed cases.
 *
 * @module
 */

import { type Case, IGNORED, type LabelPlane } from "../../slices/case.ts";
import { normalize } from "../../slices/normalize.ts";
import type { CaseSource } from "../../slices/discovery/case_source.ts";
import type { ImageSlice } from "../../slices/types.ts";
import { InputError } from "../../support/errors.ts";
import { Random } from "../../support/random.ts";
import { type EvaluateCasesOptions, nothingScored } from "../evaluate_cases.ts";
import { openViews } from "../open_views.ts";
import { overlap, overlapScores } from "../overlap.ts";
import { predictCase, type PredictCaseOptions, type TrainedModel } from "../predict_case.ts";
import { joinPlanes } from "../score_case.ts";
import { scoreLabels } from "../score_labels.ts";
import { finiteMean } from "../statistics.ts";
import type { CaseImages, Perturbation, Perturbed } from "./perturbation.ts";

/** The score of one case under one perturbation. */
export interface RobustnessScore {
  /** The perturbation's name. */
  perturbation: string;
  /** In the perturbation's unit. */
  strength: number;
  /** The case's id. */
  case: string;
  /** The Dice score of its whole volume (mean over classes); NaN if undefined. */
  dice: number;
  /** For erased cells: the score if nothing healed, for comparison. */
  unhealed?: number;
}

/** A slice under a perturbation, as an example. */
export interface RobustnessExample {
  /** The perturbation's name. */
  perturbation: string;
  /** In the perturbation's unit. */
  strength: number;
  /** The score of the case, not of the slice. */
  dice: number;
  /** The model's input. */
  image: ImageSlice;
  /** Codes. */
  truth: Uint8Array;
  /** Codes. */
  prediction: Uint8Array;
  /** 1 where cells were erased. */
  wound?: Uint8Array;
}

/** Progress of {@linkcode evaluateRobustness}. */
export interface RobustnessProgress extends RobustnessScore {
  /** The number of finished predictions of a case. */
  done: number;
  /** The number of predictions. */
  total: number;
}

/** What {@linkcode evaluateRobustness} takes. */
export interface RobustnessOptions
  extends Pick<EvaluateCasesOptions, "sources" | "batchSize" | "seed" | "signal"> {
  readonly model: TrainedModel;
  /** The perturbations. */
  readonly perturbations: readonly Perturbation[];
  /** Whether to use fewer strengths of each. */
  readonly quick: boolean;
  /** Called after each prediction of a case. */
  readonly onProgress?: (progress: RobustnessProgress) => void;
}

/** The result of {@linkcode evaluateRobustness}. */
export interface RobustnessResult {
  /** By case, perturbation and strength; finished cases only. */
  scores: RobustnessScore[];
  /** The largest slice of the first case under every perturbation. */
  examples: RobustnessExample[];
  /** The case of the examples, for its orientation; null if there are none. */
  shown: Pick<Case, "id" | "kind" | "orientation" | "grid"> | null;
  /** Whether the signal stopped it before the last case. */
  aborted: boolean;
  /** Problems of cases, as "case: problem". */
  problems: string[];
}

/**
 * Scores a model on cases under perturbations of growing strength. Images are perturbed after
 * normalisation, then normalised again; the same seed gives the same perturbations, whatever else
 * is tried. Unperturbed cases score as in `evaluateCases` without postprocessing.
 *
 * @throws {InputError} If no case can be used; the error lists the reasons.
 */
export async function evaluateRobustness(options: RobustnessOptions): Promise<RobustnessResult> {
  const { model, sources, signal, onProgress, perturbations } = options;
  const runs = perturbations.reduce((sum, each) => sum + trials(each, options).length, 1);
  const total = sources.length * runs;
  const result: RobustnessResult = {
    scores: [],
    examples: [],
    shown: null,
    aborted: false,
    problems: [],
  };
  try {
    for (const [i, source] of sources.entries()) {
      signal?.throwIfAborted();
      let done = i * runs;
      const opened = await openLabelled(model, source, result.problems);
      if (opened === undefined) continue;
      const { scores, examples } = await tryCase(opened, options, (score) => {
        onProgress?.({ ...score, done: ++done, total });
      });
      result.scores.push(...scores);
      if (result.shown !== null) continue;
      const { id, kind, orientation, grid } = opened;
      Object.assign(result, { examples, shown: { id, kind, orientation, grid } });
    }
  } catch (error) {
    if (!signal?.aborted) throw error;
    result.aborted = true;
  }
  if (result.scores.length === 0 && !result.aborted) throw nothingScored(sources, result.problems);
  return result;
}

async function openLabelled(
  model: TrainedModel,
  source: CaseSource,
  problems: string[],
): Promise<Case | undefined> {
  try {
    const { opened, warnings } = await openViews([model], source, true);
    problems.push(...warnings.map((message) => `${source.id}: ${message}`));
    if (opened.labels !== null) return opened;
    problems.push(`${source.id}: label is missing`);
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    problems.push(`${source.id}: ${error.message}`);
  }
  return undefined;
}

/** The strengths to try, without the one that changes nothing: that is predicted only once. */
function trials({ strengths, quick, none }: Perturbation, options: RobustnessOptions): number[] {
  return (options.quick ? quick : strengths).filter((strength) => strength !== none);
}

async function tryCase(
  opened: Case,
  options: RobustnessOptions,
  onScore: (score: RobustnessScore) => void,
): Promise<Pick<RobustnessResult, "scores" | "examples">> {
  const { model: { model, inputs } } = options;
  const { id, indices } = opened;
  const given: CaseImages = {
    images: indices.map((index) => opened.slice(index)),
    labels: indices.map((index) => opened.label(index)),
  };
  const shown = largest(given.labels);
  const run = async (perturbation: string, strength: number, perturbed: Perturbed) => {
    const { images, labels } = { ...given, ...perturbed };
    const masks = await predictMasks(opened, images, options, perturbed.predict ?? {});
    const score = { perturbation, strength, case: id, dice: diceOf(masks, labels, inputs) };
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
  for (const perturbation of options.perturbations) {
    const { name, none } = perturbation;
    const unperturbed = { perturbation: name, strength: none };
    const found = [{
      score: { ...plain.score, ...unperturbed },
      example: { ...plain.example, ...unperturbed },
    }];
    for (const strength of trials(perturbation, options)) {
      const random = new Random(options.seed, ...codePoints(name), ...codePoints(id));
      const context = { steps: model.config.steps, random };
      const perturbed = renormalize(perturbation.apply(given, strength, context), inputs);
      const { score, example } = await run(name, strength, perturbed);
      const unhealed = perturbed.predict?.wound && {
        unhealed: diceOf(cutOut(plain.masks, perturbed.predict.wound.cells), given.labels, inputs),
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
  opened: Case,
  images: readonly ImageSlice[],
  { model, batchSize, seed, signal }: RobustnessOptions,
  predict: Pick<PredictCaseOptions, "steps" | "wound">,
): Promise<Uint8Array[]> {
  const { indices } = opened;
  const perturbed = {
    indices,
    extent: (index: number) => opened.extent(index),
    slice: (index: number) => images[indices.indexOf(index)]!,
  };
  const { masks } = await predictCase([{ ...model, opened: perturbed }], {
    batchSize,
    seed,
    signal,
    samples: 1,
    keepProbabilities: false,
    ...predict,
  });
  return masks;
}

/** Perturbed images, each channel normalised as before a prediction. */
function renormalize(perturbed: Perturbed, inputs: TrainedModel["inputs"]): Perturbed {
  const { images } = perturbed;
  // ct scales absolute intensities, so there is no range to return to
  if (images === undefined || inputs.normalize === "ct") return perturbed;
  const data = images.map((image) => new Float32Array(image.data.length));
  for (let channel = 0; channel < images[0]!.channels; channel++) {
    const plane = (values: Float32Array, { height, width }: ImageSlice) =>
      values.subarray(channel * height * width, (channel + 1) * height * width);
    const parts = images.map((image) => plane(image.data, image));
    const values = new Float32Array(parts.reduce((sum, { length }) => sum + length, 0));
    let start = 0;
    for (const part of parts) {
      values.set(part, start);
      start += part.length;
    }
    const normal = normalize(values, inputs);
    start = 0;
    for (const [i, image] of images.entries()) {
      const target = plane(data[i]!, image);
      target.set(normal.subarray(start, start += target.length));
    }
  }
  return { ...perturbed, images: images.map((image, i) => ({ ...image, data: data[i]! })) };
}

/** The Dice score over all slices (mean over classes). */
function diceOf(
  masks: readonly Uint8Array[],
  labels: readonly LabelPlane[],
  { targets }: TrainedModel["inputs"],
): number {
  const [prediction, reference] = [joinPlanes(masks), joinPlanes(labels.map(({ data }) => data))];
  return finiteMean(
    scoreLabels(targets).map(({ codes }) =>
      overlapScores(overlap(prediction, reference, codes)).Dice
    ),
  );
}

function cutOut(masks: readonly Uint8Array[], wound: readonly LabelPlane[]): Uint8Array[] {
  return masks.map((mask, i) => mask.map((code, p) => wound[i]!.data[p] === 1 ? 0 : code));
}

/** The slice with the most foreground. */
function largest(labels: readonly LabelPlane[]): number {
  const areas = labels.map(({ data }) =>
    data.reduce((area, code) => area + (code === 0 || code === IGNORED ? 0 : 1), 0)
  );
  return areas.indexOf(Math.max(...areas));
}

function codePoints(text: string): number[] {
  return Array.from(text, (letter) => letter.codePointAt(0)!);
}

/**
 * Scores existing masks, from any program.
 *
 * @module
 */

import { dirname, join } from "@std/path";
import type { Targets } from "../slices/case.ts";
import type { Finding } from "../slices/discovery/case_source.ts";
import { readDescription } from "../slices/discovery/dataset_description.ts";
import { stemOf } from "../slices/discovery/file_names.ts";
import { LabelEncoder } from "../slices/label_codes.ts";
import { loadLabel } from "../slices/save_slice.ts";
import { parseTargets } from "../slices/targets.ts";
import { InputError } from "../support/errors.ts";
import { namesOf } from "../support/names_of.ts";
import { alignToGrid, readLabelVolume, reorient } from "../volume/mod.ts";
import { scoreCase } from "./score_case.ts";
import { scoreLabels } from "./score_labels.ts";
import { type EvaluationSummary, type ScoredCase, summarize } from "./summary.ts";
import type { MaskGrid } from "./surface_distances.ts";

/** What {@linkcode scoreMasks} takes. */
export interface ScoreMasksOptions {
  /** The folder of the masks. */
  readonly prediction: string;
  /** The folder of the labels, which have the same names. */
  readonly label: string;
  /** What to score: the setting `labels`, see `parseTargets`. */
  readonly labels: string;
  /** The seed of the confidence intervals. */
  readonly seed: number;
  /** Called after each pair. */
  readonly onProgress?: (scored: ScoredCase) => void;
}

/**
 * Scores the masks of a folder against labels of the same names, NIfTI volumes or PNG pictures. A
 * mask that covers the label's space in another orientation is brought to the label's grid. A mask
 * in another space is a problem, and so is a label without a mask.
 *
 * @throws {InputError} If no pair can be scored; the error lists the reasons.
 */
export async function scoreMasks(options: ScoreMasksOptions): Promise<EvaluationSummary> {
  const [predictions, labels] = await Promise.all(
    [options.prediction, options.label].map(listMasks),
  ) as [MaskFiles, MaskFiles];
  const pairs = [...labels].flatMap(([name, [label, ...more]]): Pair[] => {
    const [prediction, ...others] = predictions.get(name) ?? [];
    const isPair = prediction !== undefined && more.length + others.length === 0;
    return isPair ? [{ name, label: label!, prediction }] : [];
  });
  const problems = [
    ...several(predictions),
    ...several(labels),
    ...missing(labels, predictions, `no mask in ${options.prediction}`),
    ...missing(predictions, labels, `no label in ${options.label}`),
  ];
  const targets = await targetsOf(options, pairs);
  const scored: ScoredCase[] = [];
  for (const pair of pairs) {
    const findings: Finding[] = [];
    const result = await scorePair(pair, targets, findings);
    problems.push(...findings.map(({ message }) => `${pair.name}: ${message}`));
    if (result === undefined) continue;
    scored.push(result);
    options.onProgress?.(result);
  }
  if (scored.length === 0) {
    throw new InputError(
      `Cannot score: ${pairs.length === 0 ? "no mask has a label" : "no pair can be used"}: ` +
        problems.slice(0, 5).join("; "),
      {
        code: "bad-data-set",
        path: options.prediction,
        hint: "Masks must have the names of their labels",
      },
    );
  }
  const names = Object.fromEntries(scoreLabels(targets).map(({ key, name }) => [key, name]));
  return summarize(scored, { names, problems, seed: options.seed });
}

interface Pair {
  readonly name: string;
  readonly label: string;
  readonly prediction: string;
}

/** The files of a folder by their names without extension. */
type MaskFiles = ReadonlyMap<string, readonly string[]>;

async function listMasks(folder: string): Promise<MaskFiles> {
  const found: string[] = [];
  try {
    for await (const { name, isFile } of Deno.readDir(folder)) {
      if (isFile && !name.startsWith(".") && /\.(nii(\.gz)?|png)$/i.test(name)) {
        found.push(join(folder, name));
      }
    }
  } catch (cause) {
    throw new InputError("Cannot read masks: no such folder, or not readable", {
      code: "bad-data-set",
      path: folder,
      cause,
    });
  }
  return Map.groupBy(found.sort(), stemOf);
}

function several(masks: MaskFiles): string[] {
  return [...masks].filter(([, files]) => files.length > 1)
    .map(([name, files]) => `${name}: several masks: ${files.join(", ")}`);
}

function missing(
  names: MaskFiles,
  others: MaskFiles,
  what: string,
): string[] {
  const alone = [...names.keys()].filter((name) => !others.has(name));
  return alone.length === 0 ? [] : [`${what}: ${namesOf(alone)}`];
}

/** The classes, from the setting, the data set's description and, for "all", the labels. */
async function targetsOf(
  { label, labels }: ScoreMasksOptions,
  pairs: readonly Pair[],
): Promise<Targets> {
  const description = await readDescription(dirname(label.replace(/\/+$/, "")));
  const values = new Set<number>();
  if (labels === "all" && description.labels === null) {
    const foreground = parseTargets("foreground", description, []);
    for (const pair of pairs) {
      const encoder = new LabelEncoder(foreground, "none");
      encoder.encode(await readStored(pair.label));
      for (const value of encoder.summary().values) values.add(value);
    }
  }
  return parseTargets(labels, description, [...values].sort((a, b) => a - b));
}

async function readStored(path: string) {
  return (await (/\.png$/i.test(path) ? loadLabel(path, []) : readLabelVolume(path))).data;
}

async function scorePair(
  pair: Pair,
  targets: Targets,
  findings: Finding[],
): Promise<ScoredCase | undefined> {
  try {
    const read = /\.png$/i.test(pair.label) ? readPictures : readVolumes;
    const { masks, labels, grid } = await read(pair, targets, findings);
    if (findings.some(({ severity }) => severity === "error")) return undefined;
    return {
      case: pair.name,
      reference_file: pair.label,
      prediction_file: pair.prediction,
      metrics: scoreCase(masks, labels, null, grid, targets),
    };
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    findings.push({ severity: "error", message: error.message, hint: error.hint });
    return undefined;
  }
}

interface ReadPair {
  readonly masks: readonly Uint8Array[];
  readonly labels: readonly Uint8Array[];
  readonly grid: MaskGrid;
}

async function readPictures(
  { prediction, label }: Pair,
  targets: Targets,
  findings: Finding[],
): Promise<ReadPair> {
  const [mask, truth] = await Promise.all(
    [prediction, label].map((path) => loadLabel(path, findings)),
  ) as [Awaited<ReturnType<typeof loadLabel>>, Awaited<ReturnType<typeof loadLabel>>];
  const { height, width } = truth;
  if (mask.height !== height || mask.width !== width) {
    findings.push({
      severity: "error",
      message: `mask has ${mask.height}×${mask.width} pixels and label ${height}×${width}`,
      hint: "",
    });
  }
  return {
    masks: [encoded(mask.data, targets, findings)],
    labels: [encoded(truth.data, targets, findings)],
    grid: { shape: [width, height], spacing: [1, 1] },
  };
}

async function readVolumes(
  { prediction, label }: Pair,
  targets: Targets,
  findings: Finding[],
): Promise<ReadPair> {
  const [mask, truth] = await Promise.all([readLabelVolume(prediction), readLabelVolume(label)]);
  const { problem, warning, reorientation } = alignToGrid(mask, truth);
  const message = problem ?? warning;
  if (message !== null) {
    findings.push({
      severity: problem === null ? "warning" : "error",
      // The message is about a label and its image; here it is a mask and its label
      message: message.replaceAll("label", "mask").replaceAll("image", "label"),
      hint: "",
    });
  }
  for (const [what, { shape }] of Object.entries({ mask, label: truth })) {
    if (shape.length === 3) continue;
    const hint = "Save it as one 3D volume of class numbers";
    findings.push({ severity: "error", message: `${what} has ${shape[3]} volumes`, hint });
  }
  const shape = truth.shape.slice(0, 3);
  const values = problem === null ? reorient(mask.data, mask.shape, reorientation) : mask.data;
  const slices = (codes: Uint8Array) => {
    const size = shape[0]! * shape[1]!;
    return Array.from({ length: shape[2]! }, (_, z) => codes.subarray(z * size, (z + 1) * size));
  };
  return {
    masks: slices(encoded(values, targets, findings)),
    labels: slices(encoded(truth.data, targets, findings)),
    grid: { shape, spacing: truth.spacing },
  };
}

function encoded(
  values: Parameters<LabelEncoder["encode"]>[0],
  targets: Targets,
  findings: Finding[],
): Uint8Array {
  const encoder = new LabelEncoder(targets, "none");
  const codes = encoder.encode(values);
  // An empty mask can be scored
  findings.push(...encoder.findings({ isPicture: false }).filter((f) => f.severity === "error"));
  return codes;
}

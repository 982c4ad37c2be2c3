import { join } from "@std/path";
import { InputError } from "../../support/errors.ts";
import { ifThere, readJson } from "../../support/read_text.ts";

/** The name of the file in a data folder. */
const DESCRIPTION_NAME = "dataset.json";

/** A declared class, or region of several label values. */
export interface DeclaredLabel {
  readonly name: string;
  /** Its values: one for a class, one or more for a region. */
  readonly values: readonly number[];
}

/** The parts of `dataset.json` that are used. */
export interface DatasetDescription {
  /**
   * Its classes or regions in the file's order, without background and ignore; null if not
   * declared.
   */
  readonly labels: readonly DeclaredLabel[] | null;
  /** Label values that loss and scores ignore: those of nnU-Net's label "ignore". */
  readonly ignore: readonly number[];
  /**
   * nnU-Net's `regions_class_order`: the value that each region is written as; null if not
   * declared.
   */
  readonly regionsClassOrder: readonly number[] | null;
  /** The names of image channels 0, 1, …; empty if not declared. */
  readonly channelNames: readonly string[];
  /** The cases as they are listed, unchecked; null if there is no list. */
  readonly training: readonly unknown[] | null;
}

/** The description of a data set without `dataset.json`. */
export const NO_DESCRIPTION: DatasetDescription = {
  labels: null,
  ignore: [],
  regionsClassOrder: null,
  channelNames: [],
  training: null,
};

/**
 * Reads the `dataset.json` of a data folder, in the form of the Decathlon (`"labels": {"1":
 * "zone"}`, `modality`) or of nnU-Net (`"labels": {"zone": 1}`, `channel_names`). A byte order mark
 * is allowed.
 *
 * @returns {@linkcode NO_DESCRIPTION} if there is none.
 * @throws {InputError} If it cannot be read or is not a JSON object.
 */
export async function readDescription(folder: string): Promise<DatasetDescription> {
  const path = join(folder, DESCRIPTION_NAME);
  const content = await ifThere(readJson(path, PURPOSE));
  if (content === undefined) return NO_DESCRIPTION;
  if (typeof content !== "object" || content === null || Array.isArray(content)) {
    const { what, ...purpose } = PURPOSE;
    throw new InputError(`Cannot read ${what}: not a JSON object`, { ...purpose, path });
  }
  return parseDescription(content as Record<string, unknown>);
}

/** Reads the known parts of `dataset.json` and ignores the rest. */
export function parseDescription(content: Record<string, unknown>): DatasetDescription {
  const declared = declaredLabels(content["labels"]);
  const isIgnore = ({ name }: DeclaredLabel) => name.toLowerCase() === "ignore";
  const isBackground = ({ values }: DeclaredLabel) => values.every((value) => value === 0);
  const labels = declared.filter((label) => !isIgnore(label) && !isBackground(label));
  const { regions_class_order: order } = content;
  const training = trainingList(content);
  return {
    labels: declared.length === 0 ? null : labels,
    ignore: declared.filter(isIgnore).flatMap(({ values }) => values),
    regionsClassOrder: Array.isArray(order) && order.length > 0 && order.every(Number.isInteger)
      ? order
      : null,
    channelNames: channelNames(content["channel_names"] ?? content["modality"]),
    training: training.length > 0 ? training : null,
  };
}

/** The Decathlon's and nnU-Net's list, or nnU-Net's `dataset`: files by case id. */
function trainingList({ training, dataset }: Record<string, unknown>): readonly unknown[] {
  if (Array.isArray(training)) return training;
  if (typeof dataset !== "object" || dataset === null) return [];
  return Object.entries(dataset).map(([id, files]) => ({ ...files, id }));
}

/** Every declared label value, ascending; null if nothing is declared. */
export function declaredValues(description: DatasetDescription): readonly number[] | null {
  const { labels, ignore } = description;
  if (labels === null) return null;
  const values = new Set([0, ...labels.flatMap((label) => label.values), ...ignore]);
  return [...values].sort((a, b) => a - b);
}

const PURPOSE = {
  what: "the data set's description",
  code: "bad-data-set",
  hint: "Correct the file, or remove it to pair images and labels by their names",
} as const;

/** The Decathlon's `{"0": "background"}`; nnU-Net's `{"background": 0, "whole": [1, 2]}`. */
function declaredLabels(labels: unknown): DeclaredLabel[] {
  if (typeof labels !== "object" || labels === null) return [];
  return Object.entries(labels).map(([key, value]) => {
    // nnU-Net: name → value or values, which some write as strings; Decathlon: value → name
    const turned = typeof value === "string" && isNumeral(key);
    const [name, values] = turned ? [value, [key]] : [key, [value].flat()];
    return { name: name as string, values: values.filter(isNumeral).map(Number) };
  }).filter(({ values }) => values.length > 0);
}

/** `{"0": "T2", "1": "ADC"}`, or a list of names. Integer keys are in ascending order. */
function channelNames(names: unknown): string[] {
  if (typeof names !== "object" || names === null) return [];
  return Object.entries(names)
    .filter(([channel, name]) => isNumeral(channel) && typeof name === "string")
    .sort(([a], [b]) => Number(a) - Number(b)) // keys such as 0001 keep the order of the file
    .map(([, name]) => name as string);
}

function isNumeral(value: unknown): boolean {
  return typeof value === "number"
    ? Number.isFinite(value)
    : typeof value === "string" && /^\s*-?\d+(\.\d+)?\s*$/.test(value);
}

/**
 * One case of a data set, read, checked, normalised and cut.
 *
 * @module
 */

import { join } from "@std/path";
import { InputError } from "../support/errors.ts";
import { orientation, readVolume, type Volume, volumeSlice } from "../volume/mod.ts";
import type { ExtractSettings } from "./manifest.ts";
import { intensityRange, normalize } from "./normalize.ts";
import { loadSlice } from "./save_slice.ts";
import { SMALLEST } from "./slice_size.ts";
import type { DataCase, Problem, Slice } from "./types.ts";

/** A case that can be used, its slices in their own size. */
export interface CaseSlices {
  readonly shape: readonly number[];
  readonly spacing: readonly [number, number, number];
  /** Where the volume's axes run to, as "RAS"; of pictures it is not known. */
  readonly orientation?: string;
  /** Images in [0, 1], labels 0 or 1. */
  readonly slices: readonly { index: number; image: Slice; label: Slice }[];
  /** The values that its labels hold, at most 256 of them. */
  readonly labelValues: ReadonlySet<number>;
}

/** What was found about a case; errors mean that it cannot be used. */
export interface Findings {
  readonly errors: string[];
  readonly warnings: string[];
}

const MOST_LABEL_VALUES = 256;
/** Affines of image and label may differ by rounding, in millimetres. */
const AFFINE_TOLERANCE = 1e-2;

/**
 * Reads the volumes or pictures of a case, checks and cuts them.
 *
 * @param kind What the data set is made of.
 * @param folder The data folder.
 * @param entries Of volumes the case; of pictures all those of one case. With labels.
 * @returns What was read, `undefined` where there were errors, and all that was found.
 */
export async function readCase(
  kind: "volumes" | "png",
  folder: string,
  entries: readonly Required<DataCase>[],
  settings: ExtractSettings,
): Promise<{ read: CaseSlices | undefined; found: Problem[] }> {
  const findings: Findings = { errors: [], warnings: [] };
  const read = kind === "png"
    ? await readPictureCase(folder, entries, settings, findings)
    : await readVolumeCase(folder, entries[0]!, settings, findings);
  const problems = (severity: Problem["severity"], messages: readonly string[]) =>
    messages.map((message): Problem => ({ severity, case: entries[0]!.id, message }));
  const found = [
    ...problems("error", findings.errors),
    ...problems("warning", findings.warnings),
  ];
  return { read, found };
}

/**
 * Reads the volumes of a case and cuts them.
 *
 * @param folder The data folder.
 * @param entry The case, with a label.
 * @param findings Takes what is wrong with it.
 * @returns `undefined` where there were errors.
 */
async function readVolumeCase(
  folder: string,
  entry: Required<DataCase>,
  settings: ExtractSettings,
  findings: Findings,
): Promise<CaseSlices | undefined> {
  const read = (path: string) => collect(readVolume(join(folder, path)), findings);
  const [image, label] = await Promise.all([read(entry.image), read(entry.label)]);
  if (image === undefined || label === undefined) return undefined;

  const { axis, channel } = settings;
  const shape = image.shape.slice(0, 3);
  const channels = image.shape[3] ?? 1;
  if (channel >= channels) findings.errors.push(`no channel ${channel}, there are ${channels}`);
  if (shape.some((n, i) => n !== label.shape[i])) {
    const [a, b] = [image, label].map((volume) => volume.shape.join("×"));
    findings.errors.push(`image has ${a} voxels and label ${b}`);
  } else if (!sameSpace(image, label)) {
    findings.warnings.push("affines of image and label differ; voxels are taken to match");
  }
  const [height, width] = shape.filter((_, i) => i !== axis) as [number, number];
  checkSize(height, width, findings);

  const voxels = (volume: Volume) => volume.shape.slice(0, 3).reduce((a, b) => a * b);
  const values = image.data.subarray(channel * voxels(image), (channel + 1) * voxels(image));
  const data = channel < channels ? normalizeChecked(values, settings, findings) : undefined;
  const labelValues = new Set<number>();
  const mask = keepLabels(
    label.data.subarray(0, voxels(label)),
    settings.labels,
    labelValues,
    findings,
  );
  if (data === undefined || findings.errors.length > 0) return undefined;
  const slices = Array.from({ length: shape[axis]! }, (_, index) => ({
    index,
    image: volumeSlice({ ...image, data, shape }, { axis, index }),
    label: volumeSlice({ ...label, data: mask, shape }, { axis, index }),
  }));
  return {
    shape: image.shape,
    spacing: image.spacing,
    orientation: orientation(image.affine),
    slices,
    labelValues,
  };
}

/**
 * Reads the pictures of a case. They are normalised together.
 *
 * @param entries All pictures of one case, each with a label.
 */
async function readPictureCase(
  folder: string,
  entries: readonly Required<DataCase>[],
  settings: ExtractSettings,
  findings: Findings,
): Promise<CaseSlices | undefined> {
  const read = (path: string, kind: "image" | "label") =>
    collect(loadSlice(join(folder, path), { kind }), findings);
  const labelValues = new Set<number>();
  const masks: Slice[] = [];
  const images: Slice[] = [];
  for (const entry of entries) {
    const [image, label] = await Promise.all([
      read(entry.image, "image"),
      read(entry.label, "label"),
    ]);
    if (image === undefined || label === undefined) continue;
    if (image.height !== label.height || image.width !== label.width) {
      const [a, b] = [image, label].map((slice) => `${slice.height}×${slice.width}`);
      findings.errors.push(`${entry.image} has ${a} pixels and its label ${b}`);
    }
    checkSize(image.height, image.width, findings);
    images.push(image);
    masks.push(label);
  }
  if (images.length === 0) return undefined;
  const all = normalizeChecked(join1d(images), settings, findings);
  const mask = keepLabels(join1d(masks), settings.labels, labelValues, findings);
  if (all === undefined || findings.errors.length > 0) return undefined;
  let start = 0;
  const slices = entries.map(({ index }, i) => {
    const { height, width } = images[i]!;
    const cut = (data: Float32Array) => ({
      data: data.subarray(start, start + height * width),
      height,
      width,
    });
    const result = { index, image: cut(all), label: cut(mask) };
    start += height * width;
    return result;
  });
  const { height, width } = images[0]!;
  return { shape: [height, width, entries.length], spacing: [1, 1, 1], slices, labelValues };
}

/** A value, or an error among the findings. */
async function collect<T>(work: Promise<T>, findings: Findings): Promise<T | undefined> {
  try {
    return await work;
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    findings.errors.push(error.message);
    return undefined;
  }
}

/** Finds slices that are too small for the model. */
export function checkSize(height: number, width: number, { errors }: Findings): void {
  if (Math.min(height, width) < SMALLEST) {
    errors.push(`slices of ${height}×${width} are smaller than ${SMALLEST}×${SMALLEST}`);
  }
}

function sameSpace(a: Volume, b: Volume): boolean {
  return a.affine.every((row, i) =>
    row.every((value, j) => Math.abs(value - b.affine[i]![j]!) <= AFFINE_TOLERANCE)
  );
}

/**
 * Scales the values of a case to [0, 1].
 *
 * @returns `undefined` where values are not finite or all the same; the findings say which.
 */
export function normalizeChecked(
  values: Float32Array,
  { clip }: Pick<ExtractSettings, "clip">,
  { errors }: Findings,
): Float32Array | undefined {
  const options = clip === null ? {} : { clip };
  const range = intensityRange(values, options);
  if (range.nonFinite === values.length) {
    errors.push("image has no finite value");
    return undefined;
  }
  if (range.nonFinite > 0) {
    errors.push(`image has ${range.nonFinite} values that are NaN or infinite`);
    return undefined;
  }
  if (range.low === range.high) {
    errors.push(`image is constant: every value is ${range.low}`);
    return undefined;
  }
  return normalize(values, { ...options, range });
}

/** 1 where a label is to be kept, 0 elsewhere; adds the values found. */
function keepLabels(
  data: Float32Array,
  keep: ExtractSettings["labels"],
  found: Set<number>,
  { errors, warnings }: Findings,
): Float32Array {
  const mask = new Float32Array(data.length);
  let last = NaN;
  let kept = 0;
  let any = false;
  let fractional = false;
  let nonFinite = false;
  for (let i = 0; i < data.length; i++) {
    const value = data[i]!;
    if (value !== last) { // labels come in runs
      last = value;
      if (found.size < MOST_LABEL_VALUES && Number.isFinite(value)) found.add(value);
      nonFinite ||= !Number.isFinite(value);
      fractional ||= Number.isFinite(value) && !Number.isInteger(value);
      kept = Number(keep === "foreground" ? value > 0 : keep.includes(value));
      any ||= kept === 1;
    }
    mask[i] = kept;
  }
  if (nonFinite) errors.push("label has values that are NaN or infinite");
  if (fractional) warnings.push("label has values that are not integers");
  if (!any) warnings.push("label is empty");
  return mask;
}

/** The pixels of slices, one after the other. */
export function join1d(slices: readonly Slice[]): Float32Array {
  const result = new Float32Array(slices.reduce((n, slice) => n + slice.data.length, 0));
  let start = 0;
  for (const { data } of slices) {
    result.set(data, start);
    start += data.length;
  }
  return result;
}

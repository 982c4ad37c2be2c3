/**
 * How images become slices: every key with its default and its limits, for configurations, the
 * manifest of prepared slices, trained models and the flags of tasks alike.
 *
 * @module
 */

import * as v from "valibot";
import { InputError } from "../support/errors.ts";
import { integer, pair, setting } from "../support/setting.ts";

/** No slice is larger than this on a side. */
export const LARGEST_SIDE = 16384;

/** No slice has more pixels than these; larger ones do not fit into memory as states of cells. */
export const MOST_PIXELS = 2 ** 25;

/** A height or width that the model can work at: it halves slices twice. */
export const SideSchema = v.pipe(integer(4, LARGEST_SIDE), v.multipleOf(4));

/** A height and width that the model can work at. */
export const SizeSchema = v.pipe(
  pair(SideSchema),
  v.check(([height, width]) => height * width <= MOST_PIXELS),
);

const percent = v.pipe(v.number(), v.minValue(0), v.maxValue(100));
const millimetres = v.pipe(v.number(), v.gtValue(0), v.maxValue(1000));

const DEFAULT_CLIP = [0.5, 99.5] as const;

/** The keys that say how slices are made. The comments give the reason of a default. */
export const SLICE_KEYS = {
  orientation: setting(
    v.picklist(["canonical", "stored"]),
    "canonical", // the same patient gives the same slices however the file is stored
    "canonical: bring volumes to RAS+ first (flips and permutations only); stored: as they are",
  ),
  axis: setting(
    v.picklist([0, 1, 2, "sagittal", "coronal", "axial"]),
    2, // axial, as the tutorial
    "cut volumes along this axis: 0, 1, 2 or sagittal, coronal, axial",
  ),
  channel: setting(
    v.union(
      [v.literal("all"), v.pipe(v.array(integer(0, 63)), v.minLength(1), v.readonly())],
      "Expected all, or channel numbers as 0,1",
    ),
    "all", // a channel that is left out should be left out on purpose
    "image channels to use, as 0,1; all: every one there is",
  ),
  labels: setting(
    v.pipe(v.string(), v.nonEmpty()),
    "foreground", // one object, as the tutorial
    'what to segment: foreground (all labels above 0), all, classes as "1;2;3", values of one ' +
      "object as 1,2, or regions that may overlap as whole=1+2,anterior=1",
  ),
  threshold: setting(
    v.union([v.literal("none"), v.number()], "Expected none, or a number"),
    "none",
    "labels are probability maps: foreground is what lies above this number",
  ),
  spacing: setting(
    v.union(
      [v.picklist(["stored", "median"]), pair(millimetres)],
      "Expected stored, median, or millimetres as 0.8,0.8",
    ),
    "stored", // as the tutorial
    "pixel size within slices in mm, as 0.8,0.8 (height, width); median: that of the data set",
  ),
  crop: setting(
    v.picklist(["none", "nonzero"]),
    "none", // as the tutorial
    "nonzero: cut off the empty border around a volume before slices are fitted",
  ),
  size: setting(
    v.union(
      [v.literal("pad"), SizeSchema],
      `Expected pad, or height and width as 160,160: multiples of 4, at most ${MOST_PIXELS} pixels`,
    ),
    "pad", // keeps every voxel of every case; the tutorial drops slices that are not 320×320
    "slice height and width, as 160,160; pad: the largest slice, to a multiple of 4",
  ),
  fit: setting(
    v.picklist(["pad-or-crop", "resize"]),
    "resize", // a size that is asked for is asked for speed, and cropping would lose the object
    "how slices come to a size that is given: resize or pad-or-crop",
  ),
  normalize: setting(
    v.picklist(["minmax", "percentile", "zscore", "ct"]),
    "minmax", // as the tutorial
    "intensities: minmax and percentile (see clip) scale each volume to 0..1, zscore to mean 0 and " +
      "deviation 1, ct by the foreground's intensities over all training cases",
  ),
  clip: setting(
    pair(percent),
    DEFAULT_CLIP,
    "normalize percentile: the percentiles that become 0 and 1",
  ),
  fill: setting(
    v.union(
      [v.picklist(["error", "lowest", "zero"]), v.number()],
      "Expected error, lowest, zero, or a number",
    ),
    "error", // NaN is more often a mistake than a background
    "what voxels that are NaN or infinite become: lowest (the image's smallest value), zero, a " +
      "number; error: the case cannot be used",
  ),
  format: setting(v.picklist(["npy", "png"]), "npy", "files of the prepared slices"),
};

/** Checks how slices are made, every key spelled out. */
export const SliceSettingsSchema = v.object(SLICE_KEYS);

/** How slices are made, every key spelled out. */
export type SliceSettings = v.InferOutput<typeof SliceSettingsSchema>;

/**
 * Fills in what is left out, and checks the rest.
 *
 * @param given Any keys of {@linkcode SliceSettings}; further keys are passed over.
 * @throws {InputError} If any are out of range or exclude each other; all of them are named.
 *
 * @example
 * ```ts
 * import { resolveSliceSettings } from "./slice_settings.ts";
 * import assert from "node:assert/strict";
 *
 * assert.equal(resolveSliceSettings({ axis: "coronal" }).normalize, "minmax");
 * assert.throws(() => resolveSliceSettings({ size: [6, 8] }), /size.*multiples of 4/);
 * ```
 */
export function resolveSliceSettings(given: Partial<SliceSettings>): SliceSettings {
  const result = v.safeParse(SliceSettingsSchema, given);
  const problems = result.success
    ? settingConflicts(result.output)
    : result.issues.map((issue) => `${v.getDotPath(issue)}: ${issue.message}`);
  if (result.success && problems.length === 0) return result.output;
  throw new InputError(`Cannot prepare slices: ${problems.join("; ")}`, { code: "bad-data-set" });
}

/** What settings that are valid one by one say against each other; empty where nothing. */
export function settingConflicts(settings: SliceSettings): string[] {
  const { clip: [low, high], normalize, fit, size, spacing, threshold, labels } = settings;
  const isClipped = low !== DEFAULT_CLIP[0] || high !== DEFAULT_CLIP[1];
  return [
    ...low < high ? [] : ["clip: expected two percentiles, the lower first"],
    ...isClipped && normalize !== "percentile"
      ? [`clip: it takes effect with normalize percentile, not ${normalize}`]
      : [],
    ...spacing === "stored" || size === "pad" || fit === "pad-or-crop"
      ? []
      : ["spacing: fit resize stretches slices to the size; use fit pad-or-crop, or size pad"],
    ...threshold === "none" || labels === "foreground"
      ? []
      : [`labels: with a threshold there is one object, foreground, not ${labels}`],
  ];
}

/** The settings as they were stored before there were channels, classes and orientations. */
const LegacySettingsSchema = v.looseObject({
  channel: v.number(),
  labels: v.union([v.literal("foreground"), v.array(v.number())]),
  clip: v.nullable(v.tuple([v.number(), v.number()])),
});

/** Reads settings that were stored by this version or an older one. */
export const StoredSettingsSchema = v.pipe(
  v.unknown(),
  v.transform((stored) =>
    v.is(LegacySettingsSchema, stored)
      ? {
        ...stored,
        orientation: "stored",
        channel: [stored.channel],
        labels: typeof stored.labels === "string" ? stored.labels : stored.labels.join(","),
        normalize: stored.clip === null ? "minmax" : "percentile",
        clip: stored.clip ?? undefined,
      }
      : stored
  ),
  SliceSettingsSchema,
);

/**
 * How images become slices: every key with its default and its limits, for configurations, the
 * manifest of prepared slices, trained models and the flags of tasks alike.
 *
 * @module
 */

import * as v from "valibot";
import { InputError } from "../support/errors.ts";
import { integer, pair, setting } from "../support/setting.ts";

/** The largest height or width of a slice. */
export const LARGEST_SIDE = 16384;

/** The most pixels of a slice; the cell states of larger ones do not fit into memory. */
export const MOST_PIXELS = 2 ** 25;

/** A height or width for the model, which halves slices twice. */
export const SideSchema = v.pipe(integer(4, LARGEST_SIDE), v.multipleOf(4));

/** A height and width for the model. */
export const SizeSchema = v.pipe(
  pair(SideSchema),
  v.check(([height, width]) => height * width <= MOST_PIXELS),
);

const percent = v.pipe(v.number(), v.minValue(0), v.maxValue(100));
const millimetres = v.pipe(v.number(), v.gtValue(0), v.maxValue(1000));

const DEFAULT_CLIP = [0.5, 99.5] as const;

/** The keys that define how slices are made. Comments give the reason for a default. */
export const SLICE_KEYS = {
  orientation: setting(
    v.picklist(["canonical", "stored"]),
    "canonical", // the same patient gives the same slices, however the file is stored
    "canonical: bring volumes to RAS+ first, by flips and permutations; stored: keep them as " +
      "they are",
  ),
  axis: setting(
    v.picklist([0, 1, 2, "sagittal", "coronal", "axial"]),
    2, // axial, as in the tutorial
    "cut volumes along this axis: 0, 1, 2, or sagittal, coronal, axial",
  ),
  channel: setting(
    v.union(
      [
        v.literal("all"),
        v.pipe(
          v.array(integer(0, 63)),
          v.minLength(1),
          v.check((all) => new Set(all).size === all.length),
          v.readonly(),
        ),
      ],
      "Expected all, or different channel numbers such as 0,1",
    ),
    "all", // leaving out a channel should be a decision
    "image channels to use, for example 0,1; all: every channel",
  ),
  labels: setting(
    v.pipe(v.string(), v.nonEmpty()),
    "foreground", // one object, as in the tutorial
    'what to segment: foreground (all labels above 0), all (each class), "1;2;3" (these classes), ' +
      "1,2 (one object of these values), or whole=1+2,anterior=1 (regions, which may overlap)",
  ),
  threshold: setting(
    v.union([v.literal("none"), v.pipe(v.number(), v.finite())], "Expected none, or a number"),
    "none",
    "for labels that are probability maps: foreground is above this number",
  ),
  spacing: setting(
    v.union(
      [v.picklist(["stored", "median"]), pair(millimetres)],
      "Expected stored, median, or millimetres such as 0.8,0.8",
    ),
    "stored", // as in the tutorial
    "pixel size in mm (height, width), for example 0.8,0.8; median: the data set's median; " +
      "stored: unchanged",
  ),
  crop: setting(
    v.picklist(["none", "nonzero"]),
    "none", // as in the tutorial
    "nonzero: cut off a volume's empty border before slices are fitted",
  ),
  size: setting(
    v.union(
      [v.literal("pad"), SizeSchema],
      "Expected pad, or height and width such as 160,160: multiples of 4, at most " +
        `${MOST_PIXELS} pixels`,
    ),
    "pad", // keeps every voxel of every case; the tutorial drops slices that are not 320×320
    "slice height and width, for example 160,160; pad: the largest slice, rounded up to a " +
      "multiple of 4",
  ),
  fit: setting(
    v.picklist(["pad-or-crop", "resize"]),
    "resize", // a size is usually given for speed, and cropping could lose the object
    "how slices are brought to a given size: resize, or pad-or-crop",
  ),
  normalize: setting(
    v.picklist(["minmax", "percentile", "zscore", "ct"]),
    "minmax", // as in the tutorial
    "intensities: minmax and percentile (see clip) scale each volume to 0..1, zscore to mean 0 " +
      "and standard deviation 1; ct uses the foreground's intensities in all labelled cases",
  ),
  clip: setting(
    pair(percent),
    DEFAULT_CLIP,
    "with normalize percentile: the percentiles that become 0 and 1",
  ),
  fill: setting(
    v.union(
      [v.picklist(["error", "lowest", "zero"]), v.pipe(v.number(), v.finite())],
      "Expected error, lowest, zero, or a number",
    ),
    "error", // NaN is more often a mistake than background
    "replaces NaN and infinite voxels: lowest (the image's smallest value), zero, or a number; " +
      "error: such a case is an error",
  ),
  format: setting(v.picklist(["npy", "png"]), "npy", "file format of the prepared slices"),
};

/** Checks complete slice settings. */
export const SliceSettingsSchema = v.object(SLICE_KEYS);

/** Complete slice settings. */
export type SliceSettings = v.InferOutput<typeof SliceSettingsSchema>;

/**
 * Fills in defaults, and checks the rest.
 *
 * @param given Any keys of {@linkcode SliceSettings}; other keys are ignored.
 * @throws {InputError} If any are out of range or contradict each other; the error names all of
 * them.
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

/** Contradictions between settings that are valid one by one. */
export function settingConflicts(settings: SliceSettings): string[] {
  const { clip: [low, high], normalize, fit, size, spacing, threshold, labels, format } = settings;
  const isClipped = low !== DEFAULT_CLIP[0] || high !== DEFAULT_CLIP[1];
  return [
    ...low < high ? [] : ["clip: expected two percentiles, the lower first"],
    ...isClipped && normalize !== "percentile"
      ? [`clip: it has an effect only with normalize percentile, not ${normalize}`]
      : [],
    ...format === "png" && (normalize === "zscore" || normalize === "ct")
      ? [`format: a png holds values from 0 to 1, which ${normalize} exceeds; use npy`]
      : [],
    ...spacing === "stored" || size === "pad" || fit === "pad-or-crop"
      ? []
      : ["spacing: fit resize stretches slices to the size; use fit pad-or-crop, or size pad"],
    ...threshold === "none" || labels === "foreground"
      ? []
      : [`labels: with a threshold they must be foreground, not ${labels}`],
  ];
}

/** Settings stored before there were channels, classes and orientations. */
const LegacySettingsSchema = v.looseObject({
  channel: v.number(),
  labels: v.union([v.literal("foreground"), v.array(v.number())]),
  clip: v.nullable(v.tuple([v.number(), v.number()])),
});

/** Reads settings stored by this version or an older one. */
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

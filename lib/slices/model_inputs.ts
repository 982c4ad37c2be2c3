/**
 * The input of a model, and what it was trained on; stored with the weights.
 *
 * @module
 */

import * as v from "valibot";
import { largestOf, smallestOf } from "../support/extremes.ts";
import { quantile } from "../support/quantile.ts";
import { pair } from "../support/setting.ts";
import { type CaseSettings, CaseSettingsSchema } from "./case_settings.ts";
import type { Manifest } from "./manifest.ts";
import { SizeSchema } from "./slice_settings.ts";

const number = v.pipe(v.number(), v.finite());
const range = v.object({ low: number, high: number });

const TrainedSchema = v.object({
  kind: v.picklist(["volume", "pictures"]),
  channelNames: v.array(v.string()),
  orientations: v.array(v.nullable(v.string())),
  spacing: v.nullable(pair(number)),
  slices: v.object({ smallest: pair(number), largest: pair(number) }),
  intensities: v.array(v.object({ ...range.entries, spans: range })),
});

/**
 * What a model was trained on: the `kind` of cases, the names of their channels, the orientations
 * they were stored in, the median `spacing` of rows and columns in millimetres, the height and
 * width of the smallest and largest slice, and per channel the lowest and highest value, and the
 * range of `spans` (highest − lowest of a case).
 */
export type TrainedOn = v.InferOutput<typeof TrainedSchema>;

/** How a model's slices are made, and what it was trained on. */
export interface ModelInputs extends CaseSettings {
  /** Height and width of the training slices; with the size "pad" the smallest grid. */
  readonly smallest: readonly [number, number];
  /** Null for models of older versions. */
  readonly trained: TrainedOn | null;
}

const InputsSchema = v.object({
  smallest: SizeSchema,
  trained: v.optional(v.nullable(TrainedSchema), null),
});

/** Reads the content of a `slices.json` from this version or an older one. */
export const ModelInputsSchema = v.pipe(
  v.unknown(),
  v.rawTransform(({ dataset, addIssue, NEVER }): ModelInputs => {
    const settings = v.safeParse(CaseSettingsSchema, dataset.value);
    const inputs = v.safeParse(InputsSchema, dataset.value);
    const [issue] = [...settings.issues ?? [], ...inputs.issues ?? []];
    if (!settings.success || !inputs.success) {
      const path = v.getDotPath(issue!);
      addIssue({ message: `${path === null ? "" : `${path}: `}${issue!.message}` });
      return NEVER;
    }
    // Older models have one channel
    return { ...settings.output, channels: settings.output.channels ?? 1, ...inputs.output };
  }),
);

/** The inputs of a model that is trained on prepared slices. */
export function modelInputs(manifest: Manifest, cases: readonly string[]): ModelInputs {
  const { settings, height, width, kind, channelNames } = manifest;
  const wanted = new Set(cases);
  const trained = manifest.cases.filter(({ id }) => wanted.has(id));
  const sizes = manifest.slices.filter((slice) => wanted.has(slice.case))
    .map(({ geometry }) => [geometry.crop.height, geometry.crop.width] as const);
  const extreme = (of: (values: number[]) => number): [number, number] => [
    of(sizes.map(([h]) => h)),
    of(sizes.map(([, w]) => w)),
  ];
  const pixels = trained.flatMap(({ pixel }) => pixel === null ? [] : [pixel]);
  return {
    ...settings,
    smallest: [height, width],
    trained: {
      kind,
      channelNames,
      orientations: [...new Set(trained.map(({ orientation }) => orientation))],
      spacing: pixels.length === 0
        ? null
        : [quantile(pixels.map(([h]) => h), 0.5), quantile(pixels.map(([, w]) => w), 0.5)],
      slices: { smallest: extreme(smallestOf), largest: extreme(largestOf) },
      intensities: Array.from({ length: settings.channels! }, (_, c) => {
        const ranges = trained.map(({ intensities }) => intensities[c]!);
        const spans = ranges.map(({ low, high }) => high - low);
        return {
          low: smallestOf(ranges.map(({ low }) => low)),
          high: largestOf(ranges.map(({ high }) => high)),
          spans: { low: smallestOf(spans), high: largestOf(spans) },
        };
      }),
    },
  };
}

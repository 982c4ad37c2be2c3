/**
 * How a case is opened: the settings, resolved for its data set.
 *
 * @module
 */

import * as v from "valibot";
import { pair } from "../support/setting.ts";
import type { Targets } from "./case.ts";
import type { ForegroundIntensities } from "./normalize.ts";
import { type SliceSettings, StoredSettingsSchema } from "./slice_settings.ts";
import { parseTargets } from "./targets.ts";

/** Settings, resolved for a data set. */
export interface CaseSettings extends SliceSettings {
  /** The meaning of `labels`. */
  readonly targets: Targets;
  /** Millimetres between rows and between columns, or those that each slice has. */
  readonly spacing: "stored" | readonly [number, number];
  /** The chosen channels that every image has; null if not known yet. */
  readonly channels: number | null;
  /** How `normalize: ct` scales each channel; null for other normalisations. */
  readonly foreground: readonly ForegroundIntensities[] | null;
}

/** Which parts of a case to read. */
export interface CaseWants {
  /** Whether to read its labels. */
  readonly labels: boolean;
  /** Whether to normalise its images. */
  readonly normalized: boolean;
}

const number = v.pipe(v.number(), v.finite());

const TargetsSchema = v.pipe(
  v.object({
    kind: v.picklist(["classes", "regions"]),
    classes: v.pipe(
      v.array(v.object({
        name: v.string(),
        values: v.union([v.literal("above 0"), v.array(v.pipe(v.number(), v.safeInteger()))]),
      })),
      v.minLength(1),
      v.maxLength(254),
    ),
    ignore: v.array(number),
    regionsClassOrder: v.exactOptional(v.array(number)),
  }),
  v.check(({ kind, classes }) => kind === "classes" || classes.length <= 7),
);

/** Stored beside the settings; missing in files of older versions. */
const DefiniteSchema = v.object({
  targets: v.optional(TargetsSchema),
  spacing: v.optional(v.union([v.literal("stored"), pair(number)]), "stored"),
  channels: v.optional(v.nullable(v.pipe(v.number(), v.integer(), v.minValue(1))), null),
  foreground: v.optional(
    v.nullable(
      v.array(v.object({ low: number, high: number, mean: number, deviation: number })),
    ),
    null,
  ),
});

/** Reads resolved settings that this version or an older one stored. */
export const CaseSettingsSchema = v.pipe(
  v.unknown(),
  v.rawTransform(({ dataset, addIssue, NEVER }): CaseSettings => {
    const settings = v.safeParse(StoredSettingsSchema, dataset.value);
    const definite = v.safeParse(DefiniteSchema, dataset.value);
    const [issue] = [...settings.issues ?? [], ...definite.issues ?? []];
    if (!settings.success || !definite.success) {
      addIssue({ message: `${v.getDotPath(issue!) ?? "settings"}: ${issue!.message}` });
      return NEVER;
    }
    const { targets, ...others } = definite.output;
    return {
      ...settings.output,
      ...others,
      targets: targets ??
        parseTargets(settings.output.labels, { labels: null, ignore: [] }, []),
    };
  }),
);

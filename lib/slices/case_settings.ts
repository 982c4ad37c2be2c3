/**
 * How one case is opened: the settings of a data set, with everything in them made definite.
 *
 * @module
 */

import * as v from "valibot";
import { pair } from "../support/setting.ts";
import type { Targets } from "./case.ts";
import type { ForegroundIntensities } from "./normalize.ts";
import { type SliceSettings, StoredSettingsSchema } from "./slice_settings.ts";
import { parseTargets } from "./targets.ts";

/** The settings of a data set, with what they stand for there. */
export interface CaseSettings extends SliceSettings {
  /** What `labels` stands for. */
  readonly targets: Targets;
  /** Millimetres between rows and between columns, or those that each slice has. */
  readonly spacing: "stored" | readonly [number, number];
  /** Channels that every image has, of those that are chosen; null where that is not known yet. */
  readonly channels: number | null;
  /** What `normalize: ct` scales each channel by; null for other ways. */
  readonly foreground: readonly ForegroundIntensities[] | null;
}

/** What of a case is wanted. */
export interface CaseWants {
  /** Whether it needs labels, or has none that count. */
  readonly labels: boolean;
  /** Whether its images are normalised, or come as they are stored. */
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

/** What stands beside the settings where they are stored; older versions had none of it. */
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

/** Reads settings of a data set that were stored by this version or an older one. */
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

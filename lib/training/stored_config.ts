/**
 * Configurations that older versions stored, read as they were meant.
 *
 * @module
 */

/**
 * Brings the keys of an older version to today's form: a `channel` number, a list of `labels`, `clip`
 * without `normalize`. Older versions cut volumes as they were stored, took each case for a patient
 * and left masks as they are, so a whole configuration of theirs says so.
 *
 * @param stored The object of a `config.json`; other keys and values are left as they are.
 *
 * @example
 * ```ts
 * import { upgradeConfig } from "./stored_config.ts";
 * import assert from "node:assert/strict";
 *
 * assert.deepEqual(upgradeConfig({ labels: [1, 2], clip: [1, 99], channel: 0 }), {
 *   labels: "1,2",
 *   normalize: "percentile",
 *   clip: [1, 99],
 *   channel: [0],
 *   orientation: "stored",
 *   patients: "case",
 *   postprocess: "none",
 * });
 * ```
 */
export function upgradeConfig(
  stored: Readonly<Record<string, unknown>>,
): Record<string, unknown> {
  const { channel, labels, clip, ...others } = stored;
  const isComplete = [channel, labels, clip].every((value) => value !== undefined) &&
    !Object.hasOwn(stored, "orientation");
  return {
    ...others,
    ...(channel === undefined
      ? {}
      : { channel: typeof channel === "number" ? [channel] : channel }),
    ...(labels === undefined ? {} : { labels: Array.isArray(labels) ? labels.join(",") : labels }),
    ...upgradeClip(clip, stored),
    ...(isComplete ? { orientation: "stored", patients: "case", postprocess: "none" } : {}),
  };
}

/** "none" was min-max, and two percentiles meant that they are clipped to. */
function upgradeClip(
  clip: unknown,
  { normalize }: Readonly<Record<string, unknown>>,
): Record<string, unknown> {
  if (clip === undefined) return {};
  if (clip === "none") return { normalize: normalize ?? "minmax" };
  return { normalize: normalize ?? "percentile", clip };
}

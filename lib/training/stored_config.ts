/**
 * Converts keys of older versions: a `channel` number, a list of `labels`, `clip` without
 * `normalize`. Older versions cut volumes as they were stored, treated each case as a patient and
 * did not postprocess masks, so those settings are added to their complete configurations.
 *
 * @param stored The object of a `config.json`; other keys and values are kept.
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
    ...(labels === undefined ? {} : { labels: isNumbers(labels) ? labels.join(",") : labels }),
    ...upgradeClip(clip, stored),
    ...(isComplete ? { orientation: "stored", patients: "case", postprocess: "none" } : {}),
  };
}

function isNumbers(value: unknown): value is number[] {
  return Array.isArray(value) && value.every((item) => typeof item === "number");
}

/** "none" was min-max, and two percentiles meant clipping to them. */
function upgradeClip(
  clip: unknown,
  { normalize }: Readonly<Record<string, unknown>>,
): Record<string, unknown> {
  if (clip === undefined) return {};
  if (clip === "none") return { normalize: normalize ?? "minmax" };
  return { normalize: normalize ?? "percentile", clip };
}

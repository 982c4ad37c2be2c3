/**
 * Names of classes in scores.
 *
 * @module
 */

import type { Target, Targets } from "../slices/case.ts";
import { type CodeSet, codesOf } from "./overlap.ts";

/** A class in `summary.json`. */
export interface ScoreLabel {
  /**
   * nnU-Net's key: the label's value, such as "2", or a region's values, such as "(1, 2)"; "1" for
   * one class.
   */
  readonly key: string;
  readonly name: string;
  /** The codes of a mask that belong to it. */
  readonly codes: CodeSet;
}

/**
 * The scored classes, in the order of the model's logits.
 *
 * @example
 * ```ts
 * import { scoreLabels } from "./score_labels.ts";
 * import assert from "node:assert/strict";
 *
 * const classes = [{ name: "whole", values: [1, 2] }, { name: "core", values: [2] }];
 * const labels = scoreLabels({ kind: "regions", classes, ignore: [] });
 * assert.deepEqual(labels.map(({ key }) => key), ["(1, 2)", "2"]);
 * ```
 */
export function scoreLabels(targets: Targets): ScoreLabel[] {
  const { classes } = targets;
  return classes.map((target, index) => ({
    key: classes.length === 1 ? "1" : keyOf(target),
    name: target.name,
    codes: codesOf(targets, index),
  }));
}

function keyOf({ values }: Target): string {
  if (values === "above 0") return "1";
  return values.length === 1 ? String(values[0]) : `(${values.join(", ")})`;
}

/**
 * Suffixes for files of one class each: only `suffix` if there is one class, else with the class's
 * name.
 *
 * @param suffix The first part, such as "_probability".
 * @returns One per class, all different.
 *
 * @example
 * ```ts
 * import { classSuffixes } from "./score_labels.ts";
 * import assert from "node:assert/strict";
 *
 * const classes = [{ name: "zone a/b", values: [1] }, { name: "core", values: [2] }];
 * const targets = { kind: "classes", classes, ignore: [] } as const;
 * assert.deepEqual(classSuffixes("_probability", targets), [
 *   "_probability_zone-a-b",
 *   "_probability_core",
 * ]);
 * ```
 */
export function classSuffixes(suffix: string, { classes }: Targets): string[] {
  if (classes.length === 1) return [suffix];
  const slugs = classes.map(({ name }) => name.replace(/[^\p{L}\p{N}]+/gu, "-"));
  // Some file systems do not tell A and a apart
  const areApart = new Set(slugs.map((slug) => slug.toLowerCase())).size === slugs.length;
  return slugs.map((slug, i) => `${suffix}_${slug}${areApart ? "" : `-${i + 1}`}`);
}

/**
 * A part of a large data set.
 *
 * @module
 */

import { SliceDataset } from "../slices/slice_dataset.ts";
import type { Split } from "../slices/split/split_cases.ts";
import type { PreparedData } from "../training/prepare_data.ts";

/**
 * Keeps the first cases of each part of a split, so many that the parts stay about as large beside
 * each other as they were, and none becomes empty.
 *
 * @param split The patients of each part.
 * @param most The most cases to keep, of all parts together; at least 3.
 *
 * @example
 * ```ts
 * import { limitSplit } from "./limit_cases.ts";
 * import assert from "node:assert/strict";
 *
 * const split = { seed: 0, train: ["a", "b", "c", "d"], validation: ["e"], test: ["f"] };
 * assert.deepEqual(limitSplit(split, 4).train, ["a", "b"]);
 * ```
 */
export function limitSplit(split: Split, most: number): Split {
  const { train, validation, test } = split;
  const all = train.length + validation.length + test.length;
  if (all <= most) return split;
  const part = (ids: readonly string[]) =>
    ids.slice(0, Math.max(1, Math.floor(ids.length * most / all)));
  const [fewToValidate, fewToTest] = [part(validation), part(test)];
  const left = most - fewToValidate.length - fewToTest.length;
  return {
    ...split,
    train: train.slice(0, Math.max(1, left)),
    validation: fewToValidate,
    test: fewToTest,
  };
}

/**
 * The data of a training with at most so many cases.
 *
 * @param data From `prepareData`.
 * @param most The most cases, of all parts together; at least 3.
 */
export async function limitCases(data: PreparedData, most: number): Promise<PreparedData> {
  const split = limitSplit(data.split, most);
  if (split === data.split) return data;
  const { folder, manifest } = data.prepared;
  const open = (cases: readonly string[]) => SliceDataset.open(folder, { cases, manifest });
  return {
    ...data,
    split,
    train: await open(split.train),
    ...(split.validation.length === 0 ? {} : { validation: await open(split.validation) }),
    [Symbol.dispose]: () => data[Symbol.dispose](),
  };
}

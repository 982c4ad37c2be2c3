/**
 * The short training of the notebooks.
 *
 * @module
 */

import { basename, join, resolve } from "@std/path";
import { type Config, resolveConfig } from "../training/config.ts";
import { quick } from "./session.ts";

/**
 * A configuration that learns in about a minute on two cores: slices of 64 × 64 and few epochs at a
 * high rate. Chapter 4 trains with it, and chapter 5 examines the result.
 *
 * @param data The data folder. Each has its own run and prepared slices.
 * @throws {InputError} If the path is empty.
 *
 * @example
 * ```ts
 * import { notebookConfig } from "./notebook_config.ts";
 * import assert from "node:assert/strict";
 *
 * assert.deepEqual(notebookConfig("data.example").size, [64, 64]);
 * ```
 */
export function notebookConfig(data: string): Config {
  const config = resolveConfig({
    preset: "general", // for any data, so that one's own is trained in the same way
    data,
    size: [64, 64],
    epochs: quick ? 2 : 6,
    batchSize: 4,
    learningRate: 4e-3,
    ...(quick ? { steps: [20, 10] } : {}),
  });
  const name = `notebook-${basename(resolve(data))}${quick ? "-quick" : ""}`;
  return { ...config, out: join("runs", name) };
}

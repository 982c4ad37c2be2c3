/**
 * The short training of the notebooks.
 *
 * @module
 */

import { basename, join, resolve } from "@std/path";
import { type Config, resolveConfig } from "../training/config.ts";
import { quick } from "./session.ts";

/** What chapter 4 lets one change. */
export interface NotebookSettings
  extends Pick<Config, "learningRate" | "epochs" | "batchSize" | "steps" | "fireRate"> {
  /** The most cases to use, of all parts together. */
  cases: number;
}

/**
 * The settings of chapter 4 as shipped: a mean volume Dice of 0.87 on data.example in about a minute
 * and a half on two cores. A test compares the chapter's cell with them.
 */
export const NOTEBOOK_SETTINGS: NotebookSettings = {
  learningRate: 3e-3,
  epochs: 40,
  batchSize: 2, // few slices: more steps per epoch matter more than smooth gradients
  steps: [40, 20],
  fireRate: 0.5,
  cases: 12, // all of data.example; a larger data set would take long
};

/** The shortest training, for tests. */
const QUICK: Partial<NotebookSettings> = { epochs: 2, steps: [20, 10] };

/**
 * A configuration that learns in a minute or two on two cores, on slices of 64 × 64. Chapter 4 trains
 * with it, and chapter 5 examines the result.
 *
 * @param data The data folder.
 * @param settings Changes to {@linkcode NOTEBOOK_SETTINGS}. The run's folder is named by the data
 * and by them, so that each choice has a run of its own.
 * @throws {InputError} If a value is out of range, or the path is empty.
 *
 * @example
 * ```ts
 * import { notebookConfig } from "./notebook_config.ts";
 * import assert from "node:assert/strict";
 *
 * const { size, out } = notebookConfig("data.example", { epochs: 60, steps: [20, 10] });
 * assert.deepEqual(size, [64, 64]);
 * assert.match(out, /notebook-data\.example-epochs60-steps20,10/);
 * ```
 */
export function notebookConfig(data: string, settings: Partial<NotebookSettings> = {}): Config {
  const { cases: _, ...training } = {
    ...NOTEBOOK_SETTINGS,
    ...settings,
    ...(quick ? QUICK : {}),
  };
  const config = resolveConfig({
    preset: "general",
    data,
    channel: [0], // cases may differ in their number of channels
    size: [64, 64],
    betas: [0.5, 0.5], // as in the Med-NCA paper's code; learns in half of the steps
    augment: "affine", // a few patients to train on
    ...training,
  });
  const changed = (Object.keys(NOTEBOOK_SETTINGS) as (keyof NotebookSettings)[])
    .filter((key) =>
      String(settings[key] ?? NOTEBOOK_SETTINGS[key]) !== String(NOTEBOOK_SETTINGS[key])
    )
    .map((key) => `-${key}${settings[key]}`);
  const name = ["notebook-", basename(resolve(data)), ...changed, quick ? "-quick" : ""].join("");
  return { ...config, out: join("runs", name) };
}

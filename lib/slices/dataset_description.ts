/**
 * What a `dataset.json` says, that of the Medical Segmentation Decathlon or of nnU-Net.
 *
 * @module
 */

import { join } from "@std/path";
import { InputError } from "../support/errors.ts";

/** The name of the file in a data folder. */
const DESCRIPTION_NAME = "dataset.json";

/** What is used of a `dataset.json`; whatever it does not say is left out. */
export interface DatasetDescription {
  /** The cases, as they are listed. */
  readonly training?: readonly unknown[];
  /** The values that labels may hold, ascending. */
  readonly labels?: readonly number[];
}

/**
 * Reads the `dataset.json` of a data folder.
 *
 * @returns `{}` where there is none.
 * @throws {InputError} If it cannot be read or is no JSON object.
 */
export async function readDescription(folder: string): Promise<DatasetDescription> {
  const path = join(folder, DESCRIPTION_NAME);
  let text: string;
  try {
    text = await Deno.readTextFile(path);
  } catch (cause) {
    if (cause instanceof Deno.errors.NotFound) return {};
    throw new InputError("Cannot read the data set's description", {
      code: "bad-data-set",
      path,
      cause,
    });
  }
  try {
    const { training, labels } = JSON.parse(text) as { training?: unknown; labels?: unknown };
    const values = labelValues(labels);
    return {
      ...(Array.isArray(training) && training.length > 0 ? { training } : {}),
      ...(values.length > 0 ? { labels: values } : {}),
    };
  } catch (cause) {
    throw new InputError("Cannot read the data set's description: not a JSON object", {
      code: "bad-data-set",
      path,
      hint: "Mend the file, or remove it to pair imagesTr and labelsTr by file name",
      cause,
    });
  }
}

/** The Decathlon's `{"0": "background"}`; nnU-Net's `{"background": 0, "whole": [1, 2]}`. */
function labelValues(labels: unknown): number[] {
  if (typeof labels !== "object" || labels === null) return [];
  const values = Object.entries(labels).flatMap(([key, value]) =>
    typeof value === "string" ? [Number(key)] : [value].flat()
  );
  return [...new Set(values)].filter((value) => Number.isFinite(value)).sort((a, b) => a - b);
}

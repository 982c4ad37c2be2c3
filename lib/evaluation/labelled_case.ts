/**
 * A case as scores need it: read, checked and cut, with its label.
 *
 * @module
 */

import type { ExtractSettings } from "../slices/manifest.ts";
import { type CaseSlices, readCase } from "../slices/read_case.ts";
import type { DataCase } from "../slices/types.ts";

/** Which case to read, and how. */
export interface CaseToRead {
  /** The data folder. */
  data: string;
  /** What it holds. */
  kind: "volumes" | "png";
  /** The case's name. */
  id: string;
  /** Its volume, or its pictures. */
  entries: readonly DataCase[];
  /** How slices are cut: as in training. */
  settings: ExtractSettings;
}

/** A case with its label. */
export interface LabelledCase extends CaseToRead {
  /** Those that have a label, one or more. */
  entries: readonly [Required<DataCase>, ...Required<DataCase>[]];
  /** Images in [0, 1] and labels of 0 and 1, in their own size. */
  read: CaseSlices;
}

/**
 * Reads a case with its label.
 *
 * @param problems Takes what is wrong with it, "case: what".
 * @returns `undefined` where it cannot be used.
 */
export async function readLabelledCase(
  wanted: CaseToRead,
  problems: string[],
): Promise<LabelledCase | undefined> {
  const { data, kind, id, entries, settings } = wanted;
  const [first, ...others] = entries.filter((entry): entry is Required<DataCase> =>
    entry.label !== undefined
  );
  if (first === undefined) {
    problems.push(`${id}: ${entries.length === 0 ? "no such case" : "label is missing"}`);
    return undefined;
  }
  const { read, found } = await readCase(kind, data, [first, ...others], settings);
  problems.push(...found.map(({ message }) => `${id}: ${message}`));
  return read && { ...wanted, entries: [first, ...others], read };
}

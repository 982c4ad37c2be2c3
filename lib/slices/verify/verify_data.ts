/**
 * Looking a whole data set over before any work starts.
 *
 * @module
 */

import { createHash } from "node:crypto";
import { basename } from "@std/path";
import { inPool } from "../support/in_pool.ts";
import { quantile } from "../support/quantile.ts";
import { discoverCases } from "./discovery/discover_cases.ts";
import {
  CASES_AT_ONCE,
  type ExtractOptions,
  extractSettings,
  sortProblems,
} from "./extract_slices.ts";
import type { ExtractSettings } from "./manifest.ts";
import { type CaseSlices, readCase } from "./read_case.ts";
import type { DataCase, Problem } from "./types.ts";

/** Options of {@linkcode verifyData}. */
export type VerifyOptions =
  & Pick<ExtractOptions, "data" | "onProgress">
  & Pick<ExtractOptions, "axis" | "channel" | "labels">;

/** A case that can be used, as {@linkcode verifyData} describes it. */
export interface VerifiedCase {
  readonly id: string;
  /** Of the volume; of pictures height and width of the first, and how many. */
  readonly shape: readonly number[];
  /** Millimetres; of pictures 1. */
  readonly spacing: readonly [number, number, number];
  /** As "RAS"; of pictures it is not known. */
  readonly orientation?: string;
  /** The values in its label, ascending. */
  readonly labelValues: readonly number[];
  /** The share of its voxels that are foreground. */
  readonly foreground: number;
}

/** What {@linkcode verifyData} has found. */
export interface Verification {
  readonly kind: "volumes" | "png";
  /** Those without errors of their own, by id. */
  readonly cases: readonly VerifiedCase[];
  /** All that is wrong, by case; what is about a file names the file in place of a case. */
  readonly problems: readonly Problem[];
}

/** A spacing that is this many times another shows things at another size. */
const SPACING_FACTOR = 1.25;
/** So many odd label values are named for one case. */
const NAMED_VALUES = 5;

/**
 * Checks a data set as training will use it, and lists everything that is wrong with it at once.
 *
 * Errors are what makes a case or the whole data set useless or its scores worthless: files that
 * are missing or cannot be read, image and label of different shape, NaN or infinite values,
 * constant images, slices below 4×4, label values that `dataset.json` does not list, one image
 * under two names (a patient in two parts of a split), one case listed twice, no foreground at all.
 * Warnings are what is odd: affines of image and label that differ, empty labels, label values that
 * only one case has, one label under two names, a spacing or orientation unlike that of the other
 * cases, files that are passed over, macOS's `._*` among them.
 *
 * @param options The data folder, and how it will be cut.
 * @throws {InputError} If the folder is missing or holds no data set, or an option is out of range.
 *
 * @example
 * ```ts ignore
 * const { problems } = await verifyData({ data: "data/Task04_Hippocampus" });
 * const errors = problems.filter(({ severity }) => severity === "error");
 * ```
 */
export async function verifyData(options: VerifyOptions): Promise<Verification> {
  const { data, onProgress, ...given } = options;
  const settings = extractSettings({ ...given, data, out: "" });
  const found = await discoverCases(data);
  const problems = [...found.problems, ...found.unread.map(unreadProblem)];
  const labelled = found.cases.filter((entry): entry is Required<DataCase> =>
    entry.label !== undefined
  );
  const groups = [...Map.groupBy(labelled, (entry) => entry.id)];
  const cases: CheckedCase[] = [];
  let done = 0;
  await inPool(groups, CASES_AT_ONCE, async ([id, entries]) => {
    const { read, found: ofCase } = await readCase(found.kind, data, entries, settings);
    problems.push(...ofCase);
    if (read !== undefined) cases.push(describe(id, read));
    onProgress?.({ done: ++done, total: groups.length, case: id });
  });
  cases.sort((a, b) => a.id < b.id ? -1 : 1);

  problems.push(
    ...labelProblems(cases, found.labels),
    ...foregroundProblem(cases, settings),
    ...copies(cases),
    ...spacingProblems(cases),
    ...orientationProblems(cases),
  );
  sortProblems(problems);
  return {
    kind: found.kind,
    cases: cases.map(({ imageHash: _image, labelHash: _label, ...rest }) => rest),
    problems,
  };
}

interface CheckedCase extends VerifiedCase {
  readonly imageHash: string;
  readonly labelHash: string;
}

function unreadProblem(path: string): Problem {
  const message = basename(path).startsWith("._")
    ? "file of macOS, passed over"
    : "not listed in dataset.json, passed over";
  return { severity: "warning", case: path, message };
}

function describe(id: string, read: CaseSlices): CheckedCase {
  const { shape, spacing, orientation, slices, labelValues } = read;
  const [imageHash, labelHash] = (["image", "label"] as const).map((kind) => {
    const hash = createHash("sha256").update(shape.slice(0, 3).join());
    for (const slice of slices) {
      const { buffer, byteOffset, byteLength } = slice[kind].data;
      hash.update(new Uint8Array(buffer, byteOffset, byteLength));
    }
    return hash.digest("hex");
  }) as [string, string];
  const sum = (count: (slice: CaseSlices["slices"][number]) => number) =>
    slices.reduce((total, slice) => total + count(slice), 0);
  return {
    id,
    shape,
    spacing,
    ...(orientation === undefined ? {} : { orientation }),
    labelValues: [...labelValues].sort((a, b) => a - b),
    foreground: sum(({ label }) => label.data.reduce((a, b) => a + b, 0)) /
      sum(({ label }) => label.data.length),
    imageHash,
    labelHash,
  };
}

function labelProblems(
  cases: readonly CheckedCase[],
  listed: readonly number[] | undefined,
): Problem[] {
  const holders = new Map<number, number>();
  for (const { labelValues } of cases) {
    for (const value of labelValues) holders.set(value, (holders.get(value) ?? 0) + 1);
  }
  // With two cases nobody knows which of them is odd
  const odd = (value: number) =>
    listed === undefined ? cases.length > 2 && holders.get(value) === 1 : !listed.includes(value);
  return cases.flatMap(({ id, labelValues }): Problem[] => {
    const values = labelValues.filter(odd);
    if (values.length === 0) return [];
    const named = values.slice(0, NAMED_VALUES).join(", ") +
      (values.length > NAMED_VALUES ? " and others" : "");
    return [
      listed === undefined
        ? { severity: "warning", case: id, message: `only this label holds ${named}` }
        : {
          severity: "error",
          case: id,
          message: `label holds ${named}; dataset.json lists ${listed.join(", ")}`,
        },
    ];
  });
}

function foregroundProblem(
  cases: readonly CheckedCase[],
  { labels }: ExtractSettings,
): Problem[] {
  if (cases.length === 0 || cases.some(({ foreground }) => foreground > 0)) return [];
  const wanted = labels === "foreground" ? "above 0" : labels.join(", ");
  return [{ severity: "error", case: "all cases", message: `no label is ${wanted}` }];
}

/** Equal images are told once, equal labels where the images differ. Empty labels are all equal. */
function copies(cases: readonly CheckedCase[]): Problem[] {
  const problems: Problem[] = [];
  const groups = (by: "imageHash" | "labelHash", among: readonly CheckedCase[]) =>
    [...Map.groupBy(among, (entry) => entry[by]).values()].filter((group) => group.length > 1);
  const tell = (severity: Problem["severity"], what: string, group: readonly CheckedCase[]) => {
    const [first, ...others] = group;
    const names = others.map(({ id }) => id).join(", ");
    problems.push({ severity, case: first!.id, message: `${what} is also that of ${names}` });
  };
  for (const group of groups("imageHash", cases)) tell("error", "image", group);
  const filled = cases.filter(({ foreground }) => foreground > 0);
  for (const group of groups("labelHash", filled)) {
    if (new Set(group.map(({ imageHash }) => imageHash)).size > 1) tell("warning", "label", group);
  }
  return problems;
}

function spacingProblems(cases: readonly CheckedCase[]): Problem[] {
  const medians = [0, 1, 2].map((axis) =>
    quantile(cases.map(({ spacing }) => spacing[axis]!), 0.5)
  );
  return cases.filter(({ spacing }) =>
    spacing.some((size, axis) =>
      Math.max(size / medians[axis]!, medians[axis]! / size) > SPACING_FACTOR
    )
  ).map(({ id, spacing }) => ({
    severity: "warning",
    case: id,
    message: `spacing is ${formatSpacing(spacing)}, the median ${formatSpacing(medians)}`,
  }));
}

/** Slices are cut along a voxel axis: where axes run elsewhere, they show something else. */
function orientationProblems(cases: readonly CheckedCase[]): Problem[] {
  const known = [...Map.groupBy(cases, ({ orientation }) => orientation)]
    .sort(([, a], [, b]) => b.length - a.length);
  const [[usual] = [undefined], ...others] = known;
  return others.flatMap(([orientation, group]) =>
    group.map(({ id }): Problem => ({
      severity: "warning",
      case: id,
      message: `axes run to ${orientation}, those of most cases to ${usual}`,
    }))
  );
}

/** A spacing for people, in millimetres: at most four digits a number. */
export function formatSpacing(spacing: readonly number[]): string {
  return `${spacing.map((size) => Number(size.toPrecision(4))).join("×")} mm`;
}

/**
 * What to segment: classes or regions from the setting, and codes from label values and back.
 *
 * @module
 */

import { InputError } from "../support/errors.ts";
import { IGNORED, type Target, type Targets } from "./case.ts";
import type { DatasetDescription, DeclaredLabel } from "./discovery/dataset_description.ts";

export type { Target, Targets } from "./case.ts";

/** A code is a byte, and 255 means ignored. */
const MOST_CLASSES = 254;
/** Each takes one bit of a code, and 255 means ignored. */
const MOST_REGIONS = 7;

/** A mask's colour is stored as 2⁵² + 0xRRGGBB, above all ids that volumes have. */
const COLOUR = 2 ** 52;

/** The value of a colour. */
export function colourValue(red: number, green: number, blue: number): number {
  return red === green && green === blue ? red : COLOUR + red * 65536 + green * 256 + blue;
}

/** Red, green and blue of a value; grey if it is not a colour. */
export function valueColour(value: number): [number, number, number] {
  if (!isColour(value)) return [value, value, value];
  return [(value >> 16) & 255, (value >> 8) & 255, value & 255];
}

/** Whether a value is a colour. */
export function isColour(value: number): boolean {
  return value >= COLOUR && value < COLOUR + 2 ** 24;
}

/** A label value as text: a number, or a colour as #ff0000. */
export function valueName(value: number): string {
  return isColour(value) ? `#${(value - COLOUR).toString(16).padStart(6, "0")}` : String(value);
}

/**
 * Reads the setting `labels`: "foreground" (all above 0 as one object), "all" (every label is a
 * class, or every region if the data set declares regions), "1,2" (these values as one object),
 * "1;2;3" (these classes), "anterior=1;posterior=2" (with names) or "whole=1+2,anterior=1"
 * (regions, which may overlap). A value may also be a declared label's name, or a colour such as
 * #ff0000.
 *
 * @param found The values found in its labels, used by "all" if nothing is declared.
 * @throws {InputError} If it is not understood, or has a value twice.
 *
 * @example
 * ```ts
 * import { parseTargets } from "./targets.ts";
 * import assert from "node:assert/strict";
 *
 * const { kind, classes } = parseTargets("whole=1+2,core=2", { labels: null, ignore: [] }, []);
 * assert.equal(kind, "regions");
 * assert.deepEqual(classes[0], { name: "whole", values: [1, 2] });
 * ```
 */
export function parseTargets(
  labels: string,
  declared: Pick<DatasetDescription, "labels" | "ignore"> & Partial<DatasetDescription>,
  found: readonly number[],
): Targets {
  const { ignore } = declared;
  const names = declared.labels ?? [];
  if (labels === "foreground") return { kind: "classes", classes: [FOREGROUND], ignore };
  if (labels === "all") return allTargets(declared, found);
  const isNamed = labels.includes("=");
  const kind = isNamed && labels.includes(",") ? "regions" : "classes";
  const parts = labels.split(isNamed && kind === "regions" ? "," : ";");
  const classes = parts.map((part) => {
    const [name, list] = isNamed ? part.split("=", 2) as [string, string?] : [undefined, part];
    const values = (list ?? "").split(/[+,]/).flatMap((text) => parseValue(text.trim(), names));
    if (values.some(Number.isNaN) || name?.trim() === "") throw unknownLabels(labels, names);
    return { name: name?.trim() ?? nameOf(values, names), values: [...new Set(values)] };
  });
  return checked({ kind, classes, ignore }, labels);
}

/** Whether the setting depends on the values found in the labels. */
export function needsFoundValues(labels: string, declared: Pick<DatasetDescription, "labels">) {
  return labels === "all" && declared.labels === null;
}

const FOREGROUND: Target = { name: "foreground", values: "above 0" };

function allTargets(
  { labels, ignore, regionsClassOrder = null }:
    & Pick<DatasetDescription, "labels" | "ignore">
    & Partial<DatasetDescription>,
  found: readonly number[],
): Targets {
  const classes = labels ??
    found.filter((value) => value > 0 && !ignore.includes(value))
      .map((value) => ({ name: valueName(value), values: [value] }));
  const isRegions = classes.some(({ values }) => values.length > 1);
  const order = isRegions && regionsClassOrder?.length === classes.length
    ? { regionsClassOrder }
    : {};
  return checked({ kind: isRegions ? "regions" : "classes", classes, ignore, ...order }, "all");
}

function checked(targets: Targets, labels: string): Targets {
  const { kind, classes } = targets;
  const fail = (why: string, hint = "") =>
    new InputError(`Cannot use labels "${labels}": ${why}`, { code: "bad-data-set", hint });
  if (classes.length === 0) throw fail("there is none above 0");
  const most = kind === "classes" ? MOST_CLASSES : MOST_REGIONS;
  if (classes.length > most) throw fail(`${classes.length} ${kind} are more than ${most}`);
  const names = classes.map(({ name }) => name);
  const twice = names.find((name, i) => names.indexOf(name) < i);
  if (twice !== undefined) throw fail(`${twice} is there twice`);
  const all = classes.flatMap(({ values }) => values as readonly number[]);
  const ignored = all.find((value) => targets.ignore.includes(value));
  if (ignored !== undefined) throw fail(`${ignored} is the value that dataset.json ignores`);
  if (kind === "regions") {
    const sets = classes.map(({ values }) => [...values].sort().join());
    const equal = sets.findIndex((set, i) => sets.indexOf(set) < i);
    if (equal >= 0) throw fail(`${names[equal]} has the values of another region`);
    return targets;
  }
  const shared = all.find((value, i) => all.indexOf(value) < i);
  if (shared === undefined) return targets;
  throw fail(`${shared} belongs to two classes`, "Regions may overlap: whole=1+2,anterior=1");
}

function parseValue(text: string, names: readonly DeclaredLabel[]): readonly number[] {
  const colour = /^#([0-9a-f]{2})([0-9a-f]{2})([0-9a-f]{2})$/i.exec(text);
  if (colour !== null) {
    const [red, green, blue] = colour.slice(1).map((hex) => parseInt(hex, 16));
    return [colourValue(red!, green!, blue!)];
  }
  if (/^-?\d+$/.test(text)) return [Number(text)];
  return names.find(({ name }) => name === text)?.values ?? [NaN];
}

function nameOf(values: readonly number[], names: readonly DeclaredLabel[]): string {
  const declared = names.find((label) =>
    label.values.length === values.length && values.every((value) => label.values.includes(value))
  );
  return declared?.name ?? values.map((value) => valueName(value)).join(",");
}

function unknownLabels(labels: string, names: readonly DeclaredLabel[]): InputError {
  return new InputError(`Cannot use labels "${labels}": not understood`, {
    code: "bad-data-set",
    hint: 'Write foreground, all, 1,2 (one object), "1;2;3" (classes), or whole=1+2,anterior=1 ' +
      `(regions)${
        names.length > 0 ? `; declared labels: ${names.map((label) => label.name).join(", ")}` : ""
      }`,
  });
}

/**
 * The code of a label value.
 *
 * @returns A function from values to codes; see {@linkcode Targets}.
 */
export function labelCode({ kind, classes, ignore }: Targets): (value: number) => number {
  const holds = ({ values }: Target, value: number) =>
    values === "above 0" ? value > 0 : values.includes(value);
  return (value) => {
    if (ignore.includes(value)) return IGNORED;
    if (kind === "classes") return classes.findIndex((target) => holds(target, value)) + 1;
    return classes.reduce((code, target, i) => holds(target, value) ? code | 1 << i : code, 0);
  };
}

/**
 * The label value that a mask carries for each code: a class's first value, 1 for foreground. For
 * regions, the value that stands for exactly these regions, and where there is none, that of the last
 * one painted; with nnU-Net's order of regions always the latter, as there.
 *
 * @returns 256 values, by code; 0 for codes that no mask has.
 *
 * @example
 * ```ts
 * import { maskValues, parseTargets } from "./targets.ts";
 * import assert from "node:assert/strict";
 *
 * const targets = parseTargets("whole=1+2,core=2", { labels: null, ignore: [] }, []);
 * assert.deepEqual([...maskValues(targets).subarray(0, 4)], [0, 1, 2, 2]);
 * ```
 */
export function maskValues({ kind, classes, regionsClassOrder }: Targets): Float64Array {
  const table = new Float64Array(256);
  if (kind === "classes") {
    for (const [i, { values }] of classes.entries()) {
      table[i + 1] = values === "above 0" ? 1 : values[0]!;
    }
    return table;
  }
  const sets = classes.map(({ values }) => values as readonly number[]);
  const value = (i: number) => {
    const inner = sets.filter((set) =>
      set.length < sets[i]!.length && set.every((v) => sets[i]!.includes(v))
    );
    return sets[i]!.find((v) => !inner.some((set) => set.includes(v))) ?? sets[i]![0]!;
  };
  const order = regionsClassOrder === undefined
    ? sets.map((_, i) => i).sort((a, b) => sets[b]!.length - sets[a]!.length || a - b)
    : sets.map((_, i) => i);
  const code = labelCode({ kind, classes, ignore: [] });
  const exact = new Map(
    regionsClassOrder === undefined ? sets.flat().reverse().map((v) => [code(v), v]) : [],
  );
  for (let code = 1; code < 1 << classes.length; code++) {
    table[code] = exact.get(code) ?? 0;
    for (const i of exact.has(code) ? [] : order) {
      if (code & 1 << i) table[code] = regionsClassOrder?.[i] ?? value(i);
    }
  }
  return table;
}

/** Converts codes to values, by a table from {@linkcode maskValues}. */
export function valuesOf(codes: Uint8Array, table: Float64Array): Float64Array {
  const values = new Float64Array(codes.length);
  for (let i = 0; i < codes.length; i++) values[i] = table[codes[i]!]!;
  return values;
}

/**
 * The codes that a mask has after it was written and read again, so that scores are those of the
 * file. Only regions change: a voxel has one value, which stands for a region and all around it, also
 * where the model found the inner region alone.
 *
 * @example
 * ```ts
 * import { parseTargets, storedCodes } from "./targets.ts";
 * import assert from "node:assert/strict";
 *
 * const targets = parseTargets("whole=1+2,core=2", { labels: null, ignore: [] }, []);
 * assert.deepEqual(storedCodes(Uint8Array.of(0, 1, 2, 3), targets), Uint8Array.of(0, 1, 3, 3));
 * ```
 */
export function storedCodes(codes: Uint8Array, targets: Targets): Uint8Array {
  if (targets.kind === "classes") return codes;
  const table = maskValues(targets).map(labelCode({ ...targets, ignore: [] }));
  return codes.map((code) => table[code]!);
}

/**
 * Planes of 0 and 1 for the loss, one per class or region. Ignored pixels are 0 in all.
 *
 * @returns Pixels × classes values, the class running fastest. With one class it is the mask.
 */
export function labelPlanes(codes: Uint8Array, { kind, classes }: Targets): Float32Array {
  const k = classes.length;
  const planes = new Float32Array(codes.length * k);
  for (let i = 0; i < codes.length; i++) {
    const code = codes[i]!;
    if (code === 0 || code === IGNORED) continue;
    if (kind === "classes") planes[i * k + code - 1] = 1;
    else for (let r = 0; r < k; r++) planes[i * k + r] = (code >> r) & 1;
  }
  return planes;
}

/** 1 where a pixel counts for loss and scores, 0 where it is ignored; null if all count. */
export function keepPlane(codes: Uint8Array): Float32Array | null {
  return codes.includes(IGNORED) ? Float32Array.from(codes, (c) => c === IGNORED ? 0 : 1) : null;
}

/** Pixels of each class or region. */
export function countCodes(codes: Uint8Array, { kind, classes }: Targets): number[] {
  const histogram = new Float64Array(256);
  for (let i = 0; i < codes.length; i++) histogram[codes[i]!]!++;
  return classes.map((_, i) => {
    if (kind === "classes") return histogram[i + 1]!;
    let sum = 0;
    for (let code = 0; code < IGNORED; code++) if (code & 1 << i) sum += histogram[code]!;
    return sum;
  });
}

/**
 * Turns stored labels into codes, and finds their problems.
 *
 * @module
 */

import { namesOf } from "../support/names_of.ts";
import { IGNORED, type LabelSummary, type Targets } from "./case.ts";
import type { Voxels } from "../volume/types.ts";
import { asError, asWarning, type Finding } from "./discovery/case_source.ts";
import type { SliceSettings } from "./slice_settings.ts";
import { isColour, labelCode, valueColour, valueName } from "./targets.ts";

/** The value of a pixel that the file itself marks as ignored; beyond all exact integers. */
export const VOID = -(2 ** 60);

const MOST_LISTED = 256;
/** A file with more values is not a label. */
const MOST_VALUES = 65536;
/** More values than anyone draws by hand. */
const MANY_VALUES = 24;
/** Tolerance for integers after resampling or in floating point. */
const ROUNDING = 0.01;
/** More colours close to black than anyone draws with. */
const MOST_NEARLY_BLACK = 8;
/** Above it float32 cannot hold every integer. */
const MOST_SINGLE = 2 ** 24;
/** Tolerance for black and white after lossy compression. */
const NEAR = 48;

/** Encodes the labels of one case, plane by plane or all at once, and records their values. */
export class LabelEncoder {
  readonly #code: (value: number) => number;
  readonly #threshold: SliceSettings["threshold"];
  readonly #counts = new Map<number, number>();
  readonly #codes = new Map<number, number>();
  readonly #targets: Targets;
  /** By value and colour. */
  readonly #colours = new Map<string, readonly [value: number, colour: string]>();
  #fractional: number | undefined;
  #nonFinite = false;
  #isSingle = false;
  #pixels = 0;
  #foreground = 0;
  #background = 0;

  constructor(targets: Targets, threshold: SliceSettings["threshold"]) {
    this.#targets = targets;
    this.#threshold = threshold;
    const code = labelCode(targets);
    this.#code = (value) => value === VOID ? IGNORED : code(value);
  }

  /** The code of each stored value. */
  encode(values: Voxels): Uint8Array {
    const codes = new Uint8Array(values.length);
    this.#isSingle ||= values instanceof Float32Array;
    let last = NaN;
    let code = 0;
    let start = 0;
    for (let i = 0; i < values.length; i++) {
      const value = values[i]!;
      if (value !== last) { // neighbouring labels are often equal
        this.#count(last, code, i - start);
        code = this.#codeOf(value);
        last = value;
        start = i;
      }
      codes[i] = code;
    }
    this.#count(last, code, values.length - start);
    return codes;
  }

  /** Notes the colours that a palette gives to values. */
  noteColours(colours: ReadonlyMap<number, number>): void {
    for (const [value, colour] of colours) {
      const [red, green, blue] = valueColour(colour);
      const hex = [red, green, blue].map((part) => part.toString(16).padStart(2, "0")).join("");
      this.#colours.set(`${value} ${hex}`, [value, `#${hex}`]);
    }
  }

  #codeOf(value: number): number {
    if (value - value !== 0) {
      this.#nonFinite = true;
      return 0;
    }
    if (this.#threshold !== "none") return Number(value > this.#threshold);
    const nearest = Math.round(value);
    if (Math.abs(value - nearest) > ROUNDING) {
      this.#fractional ??= value;
      return 0;
    }
    let code = this.#codes.get(nearest);
    if (code === undefined) {
      code = this.#code(nearest);
      if (this.#codes.size <= MOST_VALUES) this.#codes.set(nearest, code);
    }
    return code;
  }

  #count(value: number, code: number, pixels: number): void {
    if (pixels === 0) return;
    this.#pixels += pixels;
    if (code === 0) this.#background += pixels;
    else if (code !== IGNORED) this.#foreground += pixels;
    if (this.#threshold !== "none" || value - value !== 0) return;
    const nearest = Math.round(value);
    const before = this.#counts.get(nearest);
    if (before === undefined && this.#counts.size > MOST_VALUES) return;
    this.#counts.set(nearest, (before ?? 0) + pixels);
  }

  /** What was found. */
  summary(): LabelSummary {
    return {
      values: this.#values().slice(0, MOST_LISTED),
      foreground: this.#foreground / this.#pixels,
      hasBackground: this.#background > 0,
      colours: [...this.#colours.values()].sort(([a], [b]) => a - b),
    };
  }

  /** Its problems. */
  findings({ isPicture }: { readonly isPicture: boolean }): Finding[] {
    const findings: Finding[] = [];
    if (this.#nonFinite) findings.push(asError("label has values that are NaN or infinite"));
    if (this.#fractional !== undefined) {
      const value = Number(this.#fractional.toPrecision(4));
      findings.push(
        asError(`label has values that are not integers, such as ${value}`, PROBABILITIES),
      );
    }
    if (findings.length > 0) return findings;
    const values = this.#values();
    if (values.length > MOST_VALUES) {
      findings.push(asError(`label has more than ${MOST_VALUES} values, like an image`));
    } else if (isPicture && this.#isLossy()) {
      const message = `label has ${values.length} grey values, probably after JPEG compression`;
      findings.push(asError(message, LOSSY));
    } else if (isPicture && values.filter(isNearlyBlack).length > MOST_NEARLY_BLACK) {
      const message = "label has many colours close to black, probably after JPEG compression";
      return [asError(message, LOSSY_COLOURS)];
    } else if (values.length > MANY_VALUES) {
      const hint = "Choose those to segment with --labels";
      findings.push(asWarning(`label holds ${values.length} values`, hint));
    }
    if (this.#foreground === 0) findings.push(asWarning("label is empty"));
    else if (this.#background === 0) findings.push(asWarning("label has no background"));
    const negative = values.filter((value) => value < 0 && this.#code(value) === 0);
    if (negative.length > 0) {
      const hint =
        "If these voxels are to be ignored, declare it as the label ignore in dataset.json";
      findings.push(
        asWarning(
          `label has negative values, ${namesOf(negative.map(String))}, treated as background`,
          hint,
        ),
      );
    }
    if (this.#isSingle && values.some((value) => Math.abs(value) > MOST_SINGLE)) {
      findings.push(asWarning(
        "label has ids above 2²⁴ stored as float32, in which neighbouring ids are equal",
        "Export the label again with integers",
      ));
    }
    const colours = values.filter(isColour);
    if (colours.length > 1 && this.#targets.classes.some((target) => target.values === "above 0")) {
      const names = namesOf(colours.map(valueName));
      findings.push(asWarning(
        `label has ${colours.length} colours, ${names}, treated as one object`,
        `Separate them with --labels "${colours.slice(0, 3).map(valueName).join(";")}"`,
      ));
    }
    return findings;
  }

  #values(): number[] {
    return [...this.#counts.keys()].filter((value) => value !== VOID).sort((a, b) => a - b);
  }

  /** Whether there are many grey values, nearly all close to 0 or to the brightest. */
  #isLossy(): boolean {
    const values = this.#values();
    const brightest = values.at(-1) ?? 0;
    if (values.length < 8 || brightest > 255 || brightest < 128) return false;
    let [dark, bright] = [0, 0];
    for (const [value, count] of this.#counts) {
      if (value >= 0 && value <= NEAR) dark += count;
      if (value >= brightest - NEAR) bright += count;
    }
    return dark > 0 && bright > 0 && dark + bright > 0.9 * this.#pixels;
  }
}

/** Whether a colour is one of those that compression leaves around black. */
function isNearlyBlack(value: number): boolean {
  return isColour(value) && valueColour(value).every((part) => part <= NEAR);
}

const LOSSY_COLOURS = "Save masks without lossy compression";
const PROBABILITIES =
  "Labels must be integers; for a probability map, give a threshold: --threshold 0.5";
const LOSSY = "Save masks without lossy compression; for these, use --threshold 127";

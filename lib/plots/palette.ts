/**
 * Colours that can be told apart by colour-blind readers and on a pale projector.
 *
 * @module
 */

/** A colour as red, green and blue, 0 to 255 each. */
export type Rgb = readonly [number, number, number];

/**
 * The palette of Okabe and Ito (2008), for all common kinds of colour blindness.
 */
export const OKABE_ITO = {
  black: "#000000",
  orange: "#e69f00",
  skyBlue: "#56b4e9",
  green: "#009e73",
  yellow: "#f0e442",
  blue: "#0072b2",
  vermillion: "#d55e00",
  purple: "#cc79a7",
} as const;

/** The order of colours for series: strong ones on white first. */
export const SERIES_COLOURS: readonly string[] = [
  OKABE_ITO.blue,
  OKABE_ITO.vermillion,
  OKABE_ITO.green,
  OKABE_ITO.purple,
  OKABE_ITO.orange,
  OKABE_ITO.skyBlue,
  OKABE_ITO.black,
];

/** The meaning of colours for masks over images. */
export const MASK_COLOURS = {
  /** The reference. */
  truth: OKABE_ITO.skyBlue,
  /** The prediction. */
  prediction: OKABE_ITO.orange,
  /** In both. */
  truePositive: OKABE_ITO.green,
  /** In the prediction only. */
  falsePositive: OKABE_ITO.vermillion,
  /** In the reference only. */
  falseNegative: OKABE_ITO.purple,
  /** Foreground in both, but of different classes. */
  otherClass: OKABE_ITO.yellow,
} as const;

/** The colours of several classes or regions, in the order of the model's logits. */
const CLASS_COLOURS: readonly string[] = [
  // The first three have no other meaning in the picture of errors
  OKABE_ITO.orange,
  OKABE_ITO.skyBlue,
  OKABE_ITO.blue,
  OKABE_ITO.purple,
  OKABE_ITO.yellow,
  OKABE_ITO.green,
  OKABE_ITO.vermillion,
];

/**
 * The colour of a class or region, counted from 0. After seven they repeat.
 *
 * @example
 * ```ts
 * import { classColour } from "./palette.ts";
 * import assert from "node:assert/strict";
 *
 * assert.notEqual(classColour(0), classColour(1));
 * assert.equal(classColour(7), classColour(0));
 * ```
 */
export function classColour(index: number): string {
  return CLASS_COLOURS[index % CLASS_COLOURS.length]!;
}

/** The colour of text. */
export const TEXT_COLOUR = "#1a1a1a";
/** The colour of captions and other secondary text. */
export const MUTED_COLOUR = "#595959";

/**
 * Reads `#rrggbb`.
 *
 * @throws {RangeError} If the text is not such a colour.
 *
 * @example
 * ```ts
 * import { parseColour } from "./palette.ts";
 * import assert from "node:assert/strict";
 *
 * assert.deepEqual(parseColour("#d55e00"), [213, 94, 0]);
 * ```
 */
export function parseColour(hex: string): Rgb {
  if (!/^#[0-9a-f]{6}$/i.test(hex)) throw new RangeError(`Not a colour like #d55e00: ${hex}`);
  const value = parseInt(hex.slice(1), 16);
  return [value >> 16, (value >> 8) & 255, value & 255];
}

/** Interpolates two colours; `t` from 0 to 1. */
export function mixColours(from: Rgb, to: Rgb, t: number): Rgb {
  const mix = (a: number, b: number) => Math.round(a + (b - a) * t);
  return [mix(from[0], to[0]), mix(from[1], to[1]), mix(from[2], to[2])];
}

/** Grey from black (0) to white (1); values outside are clamped. */
export function greyColour(t: number): Rgb {
  const value = Math.round(255 * Math.min(1, Math.max(0, t)));
  return [value, value, value];
}

const DIVERGING: readonly Rgb[] = ["#003a5c", "#0072b2", "#f7f7f7", "#d55e00", "#6e2f00"].map(
  parseColour,
);

/** Blue (-1) over white (0) to vermillion (1); values outside are clamped. */
export function divergingColour(t: number): Rgb {
  const position = (Math.min(1, Math.max(-1, t)) + 1) / 2 * (DIVERGING.length - 1);
  const index = Math.min(DIVERGING.length - 2, Math.floor(position));
  return mixColours(DIVERGING[index]!, DIVERGING[index + 1]!, position - index);
}

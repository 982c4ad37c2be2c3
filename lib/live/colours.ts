/**
 * The page's colours for numbers, suitable for colour-blind users.
 *
 * @module
 */

import { mixColours, OKABE_ITO, parseColour, type Rgb } from "../plots/palette.ts";
import type { Targets } from "../slices/case.ts";

/** Viridis, for parts of one. */
// deno-fmt-ignore
const VIRIDIS: readonly Rgb[] = [
  [68, 1, 84], [72, 40, 120], [62, 74, 137], [49, 104, 142], [38, 130, 142],
  [31, 158, 137], [53, 183, 121], [110, 206, 88], [181, 222, 43], [253, 231, 37],
];

/** Blue over near-black to orange, for signed numbers. */
// deno-fmt-ignore
const SIGNED: readonly Rgb[] = [
  [140, 205, 255], [30, 120, 200], [22, 24, 30], [205, 105, 15], [255, 200, 120],
];

const { orange, skyBlue, green, yellow, vermillion, purple } = OKABE_ITO;
const CLASSES = [orange, skyBlue, green, yellow, vermillion, purple].map(parseColour);

/** The outline of the truth. */
export const TRUTH = "#56d4ff";

/** The colour of a part of one. */
export function partColour(part: number): Rgb {
  return mix(VIRIDIS, part);
}

/** The colour of a number from -1 to 1. */
export function signedColour(value: number): Rgb {
  return mix(SIGNED, (value + 1) / 2);
}

/** The colour of a class, from 0. */
export function classColour(index: number): Rgb {
  return CLASSES[index % CLASSES.length]!;
}

/** The code of a class, from 0. */
export function classCode(index: number, kind: Targets["kind"]): number {
  return kind === "classes" ? index + 1 : 1 << index;
}

/**
 * The colour of a mask's code: of its class, or of the last of its regions, which are often inside of
 * each other.
 *
 * @param code Not 0.
 */
export function codeColour(code: number, kind: Targets["kind"]): Rgb {
  return classColour(kind === "classes" ? code - 1 : 31 - Math.clz32(code));
}

/** A map as a CSS gradient. */
export function gradient(colour: (part: number) => Rgb, from: number): string {
  const stops = Array.from({ length: 9 }, (_, i) => `rgb(${colour(from + (1 - from) * i / 8)})`);
  return `linear-gradient(to right, ${stops.join(", ")})`;
}

function mix(map: readonly Rgb[], part: number): Rgb {
  const at = Math.min(Math.max(part, 0), 1) * (map.length - 1);
  const i = Math.min(Math.floor(at), map.length - 2);
  return mixColours(map[i]!, map[i + 1]!, at - i);
}

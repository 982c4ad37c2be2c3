import { encode } from "fast-png";
import { asError, asWarning, type Finding } from "./discovery/case_source.ts";
import { VOID } from "./label_codes.ts";
import { readPng } from "./png.ts";
import { colourValue, isColour, valueColour } from "./targets.ts";

/** The values of a mask. */
export interface StoredLabel {
  readonly data: Float64Array;
  readonly height: number;
  readonly width: number;
  /** The colour of each value that occurs, as `colourValue` has it; empty without a palette. */
  readonly colours: ReadonlyMap<number, number>;
}

/** The index of object borders in PASCAL VOC and similar data sets, which is ignored. */
const VOID_INDEX = 255;

/**
 * Reads the bytes of a PNG file as label values: grey values and palette indices as stored, one
 * value per colour (see `colourValue`). Palette index 255 is ignored, as in PASCAL VOC's masks,
 * unless it is white.
 *
 * @throws {SyntaxError} If it is no PNG file, or a damaged one.
 */
export function decodePngLabel(bytes: Uint8Array, findings: Finding[]): StoredLabel {
  const { stored, channels, palette, height, width } = readPng(bytes);
  const data = new Float64Array(height * width);
  if (channels < 3) {
    for (let i = 0; i < data.length; i++) data[i] = stored[i * channels]!;
  } else {
    for (let i = 0, at = 0; i < data.length; i++, at += channels) {
      data[i] = colourValue(stored[at]!, stored[at + 1]!, stored[at + 2]!);
    }
  }
  const colours = new Map<number, number>();
  for (const index of palette === null ? [] : new Set(data)) {
    const colour = palette?.[index]; // a damaged palette may be too short
    if (colour !== undefined) colours.set(index, colourValue(colour[0]!, colour[1]!, colour[2]!));
  }
  const border = palette?.[VOID_INDEX];
  if (border !== undefined && border.slice(0, 3).some((value) => value !== 255)) {
    for (let i = 0; i < data.length; i++) if (data[i] === VOID_INDEX) data[i] = VOID;
    if (data.includes(VOID)) {
      findings.push(
        asWarning("index 255 of the label's palette is ignored, as the border in PASCAL VOC"),
      );
    }
  }
  if (channels === 2 || channels === 4) checkAlpha(stored, channels, data, findings);
  return { data, height, width, colours };
}

/** Opacity is normally ignored, but some masks store their class there. */
function checkAlpha(
  stored: ArrayLike<number>,
  channels: number,
  data: Float64Array,
  findings: Finding[],
): void {
  const levels = new Set<number>();
  for (let i = 0; i < data.length; i++) levels.add(stored[i * channels + channels - 1]!);
  if (levels.size < 2) return;
  const isInAlpha = data.every((value) => value === data[0]);
  findings.push(
    isInAlpha
      ? asError(
        `label is in the opacity (${levels.size} levels); its colour is the same everywhere`,
        "Save the opacity as a grey picture",
      )
      : asWarning(`label's opacity (${levels.size} levels) is not used`),
  );
}

/**
 * Writes label values as the bytes of a PNG file: grey with 8 or 16 bits, or colours if values
 * stand for colours.
 */
export function encodePngLabel(
  { data, height, width }: { data: ArrayLike<number>; height: number; width: number },
): Uint8Array<ArrayBuffer> {
  const values = Array.from(data);
  if (values.some(isColour)) {
    const pixels = Uint8Array.from(values.flatMap(valueColour));
    return encode({ data: pixels, height, width, channels: 3, depth: 8 }).slice();
  }
  const is8 = values.every((value) => value <= 255);
  const pixels = is8 ? Uint8Array.from(values) : Uint16Array.from(values);
  return encode({ data: pixels, height, width, channels: 1, depth: is8 ? 8 : 16 }).slice();
}

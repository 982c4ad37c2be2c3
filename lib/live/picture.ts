/**
 * Drawing a state over its image.
 *
 * @module
 */

import { orientForDisplay, type Raster, type View } from "../plots/raster.ts";
import { IGNORED, type Targets } from "../slices/case.ts";
import { codeColour, type Colour, gradient, partColour, signedColour, TRUTH } from "./colours.ts";

/** Numbers or codes on their own grid, drawn over the image. */
export interface Plane extends Raster {
  /** Mask codes, numbers from 0 up to `most`, signed numbers, or an image's grey. */
  readonly kind: "mask" | "part" | "signed" | "grey";
  readonly most: number;
}

/** The legend of a plane; null for masks. */
export interface Scale {
  readonly low: string;
  readonly high: string;
  /** A CSS background. */
  readonly bar: string;
}

/** The parts of a picture. */
export interface Drawing {
  readonly image: Raster;
  readonly truth: Raster | null;
  readonly plane: Plane;
  /** Their common orientation; they are turned upright. */
  readonly view: View;
  /** The meaning of a mask's codes. */
  readonly codes: Targets["kind"];
  /** The values of the image that are black and white. */
  readonly window: readonly [low: number, high: number];
  /** The brush, in pixels of the picture, or null. */
  readonly brush: { readonly x: number; readonly y: number; readonly radius: number } | null;
}

/** Opacity of a mask, of 255. */
const MASK = 130;

/** Draws on a canvas, which gets the shape of the image. */
export function drawPicture(canvas: HTMLCanvasElement, drawing: Drawing): Scale | null {
  const { plane, view, brush } = drawing;
  const image = orientForDisplay(drawing.image, view);
  canvas.style.aspectRatio = `${image.width} / ${image.height}`;
  const pixels = Math.round(canvas.clientWidth * Math.min(devicePixelRatio, 2));
  canvas.width = Math.max(pixels, 1);
  canvas.height = Math.max(Math.round(pixels * image.height / image.width), 1);
  const context = canvas.getContext("2d")!;
  context.imageSmoothingQuality = "high";
  if (plane.kind === "mask") {
    context.imageSmoothingEnabled = true;
    paint(context, image, greys(drawing.window));
  }
  // Cells should be visible as squares
  context.imageSmoothingEnabled = false;
  const { colours, scale } = colouring(drawing);
  paint(context, orientForDisplay(plane, view), colours);
  if (drawing.truth !== null) outline(context, orientForDisplay(drawing.truth, view));
  if (brush !== null) circle(context, brush, canvas.width / image.width);
  return scale;
}

/** Colours of numbers: as many as levels, so that none is computed for each pixel. */
interface Colours {
  /** Red, green, blue and opacity of each of 256 levels. */
  readonly palette: Uint8Array;
  readonly level: (value: number) => number;
}

function colours(
  colour: (level: number) => readonly number[],
  level: (value: number) => number,
): Colours {
  const palette = new Uint8Array(4 * 256);
  for (let i = 0; i < 256; i++) palette.set(colour(i), 4 * i);
  return { palette, level };
}

const part = (value: number) => Math.round(255 * Math.min(Math.max(value, 0), 1));
const GREY = colours((level) => [level, level, level, 255], part);
const greys = ([low, high]: Drawing["window"]): Colours => ({
  ...GREY,
  level: (value) => part((value - low) / (high - low)),
});
const PART = colours((level) => [...partColour(level / 255), 255], part);
// 0 is one of its levels
const SIGNED = colours(
  (level) => [...signedColour((level - 127) / 127), 255],
  (value) => Math.round(127 + 127 * value),
);

function maskColours(codes: Targets["kind"]): Colours {
  const colour = (code: number) => code === 0 ? [0, 0, 0, 0] : [...codeColour(code, codes), MASK];
  return colours(colour, (code) => code);
}

function colouring(
  { plane: { kind, data, most: high }, codes, window }: Drawing,
): { colours: Colours; scale: Scale | null } {
  if (kind === "mask") return { colours: maskColours(codes), scale: null };
  if (kind === "grey") {
    const [low, high] = window.map(String) as [string, string];
    return { colours: greys(window), scale: { low, high, bar: gradient(grey, 0) } };
  }
  if (kind === "part") {
    return {
      colours: { ...PART, level: (value) => part(value / high) },
      scale: { low: "0", high: String(high), bar: gradient(partColour, 0) },
    };
  }
  let most = 0;
  for (let i = 0; i < data.length; i++) most = Math.max(most, Math.abs(data[i]!));
  const text = most >= 10 ? most.toFixed(0) : most.toPrecision(2);
  return {
    colours: { ...SIGNED, level: (value) => SIGNED.level(most === 0 ? 0 : value / most) },
    scale: { low: `−${text}`, high: text, bar: gradient(signedColour, -1) },
  };
}

function grey(value: number): Colour {
  const level = part(value);
  return [level, level, level];
}

/** Fills the canvas with numbers on a grid. */
function paint(
  context: CanvasRenderingContext2D,
  { data, height, width }: Raster,
  { palette, level }: Colours,
): void {
  const small = new OffscreenCanvas(width, height);
  const pixels = new ImageData(width, height);
  const [from, to] = [palette, pixels.data].map(({ buffer }) => new Uint32Array(buffer));
  for (let i = 0; i < height * width; i++) to![i] = from![level(data[i]!)]!;
  small.getContext("2d")!.putImageData(pixels, 0, 0);
  context.drawImage(small, 0, 0, context.canvas.width, context.canvas.height);
}

/** A line between pixels, from one corner to another. */
type Edge = readonly [x0: number, y0: number, x1: number, y1: number];

/**
 * The border between pixels of any class and others; what is ignored belongs to none.
 *
 * @param codes Mask codes.
 *
 * @example
 * ```ts
 * import { bordersOf } from "./picture.ts";
 * import assert from "node:assert/strict";
 *
 * const codes = { data: [255, 2, 1], height: 1, width: 3 };
 * assert.deepEqual(bordersOf(codes), [
 *   ...[[1, 0, 2, 0], [1, 0, 1, 1], [2, 0, 3, 0], [3, 0, 3, 1]],
 *   ...[[1, 1, 2, 1], [2, 1, 3, 1]],
 * ]);
 * ```
 */
export function bordersOf({ data, height, width }: Raster): Edge[] {
  const inside = (x: number, y: number) => {
    const code = x >= 0 && y >= 0 && x < width && y < height ? data[y * width + x]! : 0;
    return code > 0 && code !== IGNORED;
  };
  const edges: Edge[] = [];
  for (let y = 0; y <= height; y++) {
    for (let x = 0; x <= width; x++) {
      if (inside(x, y) !== inside(x, y - 1)) edges.push([x, y, x + 1, y]);
      if (inside(x, y) !== inside(x - 1, y)) edges.push([x, y, x, y + 1]);
    }
  }
  return edges;
}

function outline(context: CanvasRenderingContext2D, codes: Raster): void {
  const scale = context.canvas.width / codes.width;
  context.beginPath();
  for (const [x0, y0, x1, y1] of bordersOf(codes)) {
    context.moveTo(x0 * scale, y0 * scale);
    context.lineTo(x1 * scale, y1 * scale);
  }
  // With a dark border, to be visible on any colour
  for (const [colour, thickness] of [["rgb(0 0 0 / 0.55)", 4], [TRUTH, 2]] as const) {
    context.strokeStyle = colour;
    context.lineWidth = Math.max(1, thickness * context.canvas.width / 640);
    context.stroke();
  }
}

function circle(
  context: CanvasRenderingContext2D,
  { x, y, radius }: NonNullable<Drawing["brush"]>,
  scale: number,
): void {
  for (const [colour, thickness] of [["#000", 3], ["#fff", 1.5]] as const) {
    context.beginPath();
    context.arc((x + 0.5) * scale, (y + 0.5) * scale, (radius + 0.5) * scale, 0, 2 * Math.PI);
    context.strokeStyle = colour;
    context.lineWidth = thickness;
    context.stroke();
  }
}

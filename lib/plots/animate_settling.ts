/**
 * A moving picture of the mask settling.
 *
 * @module
 */

import gifenc from "gifenc";
import { Animation } from "./figure.ts";
import { MASK_COLOURS, mixColours, OKABE_ITO, parseColour, type Rgb } from "./palette.ts";
import { checkRaster, orientForDisplay, quantile, type Raster, type View } from "./raster.ts";
import { displayScale, overlayMask, sliceToRgb } from "./slice_image.ts";
import { FONT_FAMILY, svgText } from "./svg.ts";
import { renderSvg } from "./svg_to_png.ts";

/** The mask at one step. */
export interface SettlingFrame {
  /** Which automaton is at work. */
  stage: "coarse" | "fine";
  /** How many steps of this stage are done. */
  step: number;
  /** The probability of each cell; a coarse stage's raster is smaller by a whole factor. */
  probability: Raster;
}

/** How {@linkcode animateSettling} draws. */
export interface AnimateSettlingOptions {
  /** The slice, in its full size. */
  image: Raster;
  /** Its reference, drawn as an outline. */
  truth?: Raster;
  /** How the slice lies in the patient. */
  view?: View;
  /** How long a frame stays, in milliseconds; 120 unless told. */
  delay?: number;
  /** How long the last frame stays, in milliseconds; 2000 unless told. */
  hold?: number;
  /** Pixels per voxel, a whole number; chosen so that the picture is about 320 high unless told. */
  scale?: number;
}

/**
 * The states of `MedNca.trace` as frames.
 *
 * @param trace States [B, h, w, c]; they are read, not disposed.
 * @param slice Which slice of the batch; the first unless told.
 */
export function settlingFrames(
  trace: readonly {
    stage: "coarse" | "fine";
    step: number;
    state: { shape: readonly number[]; dataSync(): ArrayLike<number> };
  }[],
  slice = 0,
): SettlingFrame[] {
  return trace.map(({ stage, step, state }) => {
    const [, height = 0, width = 0, channels = 0] = state.shape;
    const values = state.dataSync();
    const start = slice * height * width * channels;
    const data = Float32Array.from(
      { length: height * width },
      (_, i) => 1 / (1 + Math.exp(-values[start + i * channels + 1]!)),
    );
    return { stage, step, probability: { data, height, width } };
  });
}

/** The part of gifenc that is used here; it comes without types. */
const { GIFEncoder } = gifenc as unknown as {
  GIFEncoder(): {
    writeFrame(
      pixels: Uint8Array,
      width: number,
      height: number,
      options: { palette?: Rgb[]; repeat?: number; delay: number },
    ): void;
    finish(): void;
    bytes(): Uint8Array;
  };
};

/** Greys by tints: the palette of every frame, so that colours do not flicker. */
const GREYS = 32;
const TINTS = 7;
const TINT_OPACITY = 0.6;
const TINT = parseColour(MASK_COLOURS.prediction);
const CONTOUR = GREYS * TINTS;
const TRUTH = CONTOUR + 1;
const BAR = { coarse: CONTOUR + 2, fine: CONTOUR + 3 };
const EXTRA: readonly Rgb[] = [
  TINT,
  parseColour(MASK_COLOURS.truth),
  parseColour(OKABE_ITO.purple),
  parseColour(OKABE_ITO.green),
];
const BAND = 58;
const SMALLEST_WIDTH = 256;

/**
 * Draws the probability of the mask over the image, frame by frame, with the stage, the step and a
 * bar of progress; the outline is where it is above one half. It loops, and holds the last frame.
 *
 * @param frames In order; see {@linkcode settlingFrames}.
 * @throws {RangeError} Where there are no frames, or the image's size is no whole multiple of one.
 * @throws {TypeError} Where data does not fit its height and width.
 */
export function animateSettling(
  frames: readonly SettlingFrame[],
  options: AnimateSettlingOptions,
): Animation {
  if (frames.length === 0) throw new RangeError("Cannot animate: there are no frames");
  const { delay = 120, hold = 2000, view = {} } = options;
  const image = orientForDisplay(options.image, view);
  const scale = options.scale ?? displayScale(image);
  const background = greyLevels(image, scale);
  const truth = options.truth && orientForDisplay(options.truth, view);
  const [height, width] = [image.height * scale, image.width * scale];
  const canvas = { width: Math.max(width, SMALLEST_WIDTH), height: height + BAND };
  const left = Math.floor((canvas.width - width) / 2);
  const encoder = GIFEncoder();

  for (const [i, frame] of frames.entries()) {
    checkRaster(frame.probability, "probability map");
    const pixels = new Uint8Array(canvas.width * canvas.height);
    const probability = orientForDisplay(frame.probability, view);
    const picture = { width, height };
    const factor = width / probability.width;
    if (!Number.isInteger(factor) || height !== probability.height * factor) {
      throw new RangeError(
        `Expected an image a whole number of times as large as the probability map of ` +
          `${probability.height} × ${probability.width}, got ${image.height} × ${image.width}`,
      );
    }
    const outline = outlineOf(picture, probability);
    const reference = truth && outlineOf(picture, truth);
    for (let y = 0; y < height; y++) {
      for (let x = 0; x < width; x++) {
        const p = probability.data[
          Math.floor(y / factor) * probability.width + Math.floor(x / factor)
        ]!;
        const tint = Math.round((TINTS - 1) * Math.min(1, Math.max(0, p || 0)));
        const index = outline[y * width + x]
          ? CONTOUR
          : reference?.[y * width + x]
          ? TRUTH
          : tint * GREYS + background[y * width + x]!;
        pixels[y * canvas.width + left + x] = index;
      }
    }
    drawBand(pixels, canvas, frames, i);
    encoder.writeFrame(pixels, canvas.width, canvas.height, {
      ...(i === 0 ? { palette: palette(), repeat: 0 } : {}),
      delay: i === frames.length - 1 ? hold : delay,
    });
  }
  encoder.finish();
  return new Animation(encoder.bytes());
}

function palette(): Rgb[] {
  const colours = Array.from({ length: GREYS * TINTS }, (_, i): Rgb => {
    const grey = Math.round(255 * (i % GREYS) / (GREYS - 1));
    return mixColours(
      [grey, grey, grey],
      TINT,
      TINT_OPACITY * Math.floor(i / GREYS) / (TINTS - 1),
    );
  });
  return [...colours, ...EXTRA];
}

function greyLevels(image: Raster, scale: number): Uint8Array {
  const range = [quantile(image.data, 0.005), quantile(image.data, 0.995)] as const;
  const { data } = sliceToRgb(image, { scale, range });
  return Uint8Array.from(
    { length: data.length / 3 },
    (_, i) => Math.round(data[3 * i]! / 255 * (GREYS - 1)),
  );
}

/** 1 where the outline of a mask runs, in pixels of the picture. */
function outlineOf({ width, height }: { width: number; height: number }, mask: Raster): Uint8Array {
  const blank = { data: new Uint8Array(3 * width * height), width, height };
  const { data } = overlayMask(blank, mask, { colour: "#ffffff" });
  return Uint8Array.from({ length: width * height }, (_, i) => data[3 * i]! > 0 ? 1 : 0);
}

/** Stage, step and progress below the picture. */
function drawBand(
  pixels: Uint8Array,
  canvas: { width: number; height: number },
  frames: readonly SettlingFrame[],
  current: number,
): void {
  const { stage, step } = frames[current]!;
  const last = Math.max(...frames.filter((f) => f.stage === stage).map((f) => f.step));
  const top = canvas.height - BAND;
  const text = `${stage === "coarse" ? "Coarse" : "Fine"}, step ${step} of ${last}`;
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="${canvas.width}" height="${BAND}" ` +
    `font-family="${FONT_FAMILY}">` +
    `<rect width="100%" height="100%" fill="#000000"/>` +
    svgText(text, 12, 26, { size: 18, colour: "#ffffff" }) + `</svg>`;
  const rendered = renderSvg(svg).pixels;
  for (let i = 0; i < canvas.width * BAND; i++) {
    pixels[top * canvas.width + i] = Math.round(rendered[4 * i]! / 255 * (GREYS - 1));
  }
  const length = canvas.width - 24;
  for (let x = 0; x < length; x++) {
    const at = Math.min(frames.length - 1, Math.floor(x / length * frames.length));
    const colour = at <= current ? BAR[frames[at]!.stage] : 8;
    for (let y = BAND - 20; y < BAND - 12; y++) pixels[(top + y) * canvas.width + 12 + x] = colour;
  }
}

/**
 * An animation of the mask settling.
 *
 * @module
 */

import gifenc from "gifenc";
import { probabilitiesOf, storedMask } from "../evaluation/probabilities.ts";
import type { Targets } from "../slices/case.ts";
import { Animation } from "./figure.ts";
import {
  classColour,
  MASK_COLOURS,
  mixColours,
  OKABE_ITO,
  parseColour,
  type Rgb,
} from "./palette.ts";
import { orientForDisplay, quantile, type Raster, turnPair, type View } from "./raster.ts";
import {
  displayScale,
  maskOfClass,
  ONE_CLASS,
  overlayMask,
  type Scale,
  sliceToRgb,
} from "./slice_image.ts";
import { FONT_FAMILY, svgText } from "./svg.ts";
import { renderSvg } from "./svg_to_png.ts";

/** The mask at one step. */
export interface SettlingFrame {
  /** The current stage. */
  stage: "coarse" | "fine";
  /** The number of steps done in this stage. */
  step: number;
  /**
   * The probability that a cell belongs to any class; in the coarse stage smaller by a whole
   * factor.
   */
  probability: Raster;
  /** The predicted code of each cell (see `Targets`); of the same size. */
  codes: Raster;
}

/** Options of {@linkcode animateSettling}. */
export interface AnimateSettlingOptions {
  /** The slice, at full size. */
  image: Raster;
  /** Its reference as codes, drawn as an outline if there is one class. */
  truth?: Raster;
  /** The meaning of codes. Default: one class. */
  targets?: Targets;
  /** The orientation of the slice. */
  view?: View;
  /** Height and width of a voxel, in any unit. Default: as high as wide. */
  voxel?: readonly [number, number];
  /** Duration of a frame, in milliseconds. Default: 120. */
  delay?: number;
  /** Duration of the last frame, in milliseconds. Default: 2000. */
  hold?: number;
  /** Approximate pixels of the picture's longer side. Default: 320. */
  size?: number;
}

/**
 * The states of `MedNca.trace` as frames.
 *
 * @param trace States [1, h, w, c]; not disposed.
 * @param options.targets The meaning of the logits. Default: one class.
 * @param options.imageChannels The number of image channels, which come first; the logits follow.
 * Default: 1.
 */
export function settlingFrames(
  trace: readonly {
    stage: "coarse" | "fine";
    step: number;
    state: { shape: readonly number[]; dataSync(): ArrayLike<number> };
  }[],
  options: { targets?: Targets; imageChannels?: number } = {},
): SettlingFrame[] {
  const { targets = ONE_CLASS, imageChannels = 1 } = options;
  const { kind, classes } = targets;
  const k = classes.length;
  return trace.map(({ stage, step, state }) => {
    const [, height = 0, width = 0, channels = 0] = state.shape;
    const values = state.dataSync();
    const pixels = height * width;
    const logits = Float32Array.from(
      { length: pixels * k },
      (_, i) => values[Math.floor(i / k) * channels + imageChannels + i % k]!,
    );
    const probabilities = probabilitiesOf(logits, kind, k);
    const probability = new Float32Array(pixels);
    for (let i = 0; i < probabilities.length; i++) {
      const at = i % pixels;
      probability[at] = kind === "classes"
        ? probability[at]! + probabilities[i]!
        : Math.max(probability[at]!, probabilities[i]!);
    }
    const codes = storedMask(probabilities, targets);
    return {
      stage,
      step,
      probability: { data: probability, height, width },
      codes: { data: codes, height, width },
    };
  });
}

/** The part of gifenc that is used here; it has no types. */
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

/** Greys times tints: one palette for all frames, so that colours do not flicker. */
const GREYS = 32;
const TINTS = 7;
const TINT_OPACITY = 0.6;
const TINT = parseColour(MASK_COLOURS.prediction);
const BAR = { coarse: GREYS * TINTS, fine: GREYS * TINTS + 1 };
const TRUTH = GREYS * TINTS + 2;
/** The first of the classes' colours. */
const CONTOURS = GREYS * TINTS + 3;
const MOST_COLOURS = 256;
const BAND = 58;
const SMALLEST_WIDTH = 256;

/**
 * Draws the probability of the mask over the image, frame by frame, with the stage, the step and a
 * bar of progress; the outline is where it is above one half. It loops, and pauses at the last
 * frame.
 *
 * @param frames In order; see {@linkcode settlingFrames}.
 * @throws {RangeError} If there are no frames, or the image's size is not a whole multiple of a
 * frame's.
 * @throws {TypeError} If data does not fit its height and width.
 */
export function animateSettling(
  frames: readonly SettlingFrame[],
  options: AnimateSettlingOptions,
): Animation {
  if (frames.length === 0) throw new RangeError("Cannot animate: there are no frames");
  const { delay = 120, hold = 2000, size = 320, view = {}, targets = ONE_CLASS } = options;
  const image = orientForDisplay(options.image, view);
  const scale = displayScale(image, { size, voxel: turnPair(options.voxel ?? [1, 1], view) });
  const background = greyLevels(image, scale);
  const [height, width] = [image.height * scale[0], image.width * scale[1]];
  const truth = options.truth !== undefined && targets.classes.length === 1
    ? outlines({ width, height }, orientForDisplay(options.truth, view), targets)
    : undefined;
  const canvas = { width: Math.max(width, SMALLEST_WIDTH), height: height + BAND };
  const left = Math.floor((canvas.width - width) / 2);
  const encoder = GIFEncoder();

  for (const [i, frame] of frames.entries()) {
    const pixels = new Uint8Array(canvas.width * canvas.height);
    const probability = orientForDisplay(frame.probability, view);
    const [tall, wide] = [height / probability.height, width / probability.width];
    if (!Number.isInteger(tall) || !Number.isInteger(wide)) {
      throw new RangeError(
        `Expected an image a whole number of times as large as the probability map of ` +
          `${probability.height} × ${probability.width}, got ${image.height} × ${image.width}`,
      );
    }
    const contours = outlines({ width, height }, orientForDisplay(frame.codes, view), targets);
    for (let y = 0; y < height; y++) {
      for (let x = 0; x < width; x++) {
        const at = y * width + x;
        const p = probability.data[
          Math.floor(y / tall) * probability.width + Math.floor(x / wide)
        ]!;
        const tint = Math.round((TINTS - 1) * Math.min(1, Math.max(0, p || 0)));
        const contour = contours[at]!;
        pixels[y * canvas.width + left + x] = contour > 0
          ? CONTOURS + contour - 1
          : (truth?.[at] ?? 0) > 0
          ? TRUTH
          : tint * GREYS + background[at]!;
      }
    }
    drawBand(pixels, canvas, frames, i);
    encoder.writeFrame(pixels, canvas.width, canvas.height, {
      ...(i === 0 ? { palette: palette(targets), repeat: 0 } : {}),
      delay: i === frames.length - 1 ? hold : delay,
    });
  }
  encoder.finish();
  return new Animation(encoder.bytes(), describe(frames));
}

function describe(frames: readonly SettlingFrame[]): string {
  const stages = Object.entries(Object.groupBy(frames, ({ stage }) => stage)).map(
    ([stage, part]) => `${stage} stage to step ${part.at(-1)!.step}`,
  );
  return `Animation: the probability of the mask over the image; ${stages.join(", then ")}`;
}

function palette({ classes }: Targets): Rgb[] {
  const colours = Array.from({ length: GREYS * TINTS }, (_, i): Rgb => {
    const grey = Math.round(255 * (i % GREYS) / (GREYS - 1));
    return mixColours(
      [grey, grey, grey],
      TINT,
      TINT_OPACITY * Math.floor(i / GREYS) / (TINTS - 1),
    );
  });
  const contours = classes.length === 1
    ? [TINT]
    : classes.map((_, index) => parseColour(classColour(index)));
  const extra = [OKABE_ITO.purple, OKABE_ITO.green, MASK_COLOURS.truth].map(parseColour);
  return [...colours, ...extra, ...contours].slice(0, MOST_COLOURS);
}

function greyLevels(image: Raster, scale: Scale): Uint8Array {
  const range = [quantile(image.data, 0.005), quantile(image.data, 0.995)] as const;
  const { data } = sliceToRgb(image, { scale, range });
  return Uint8Array.from(
    { length: data.length / 3 },
    (_, i) => Math.round(data[3 * i]! / 255 * (GREYS - 1)),
  );
}

/** The outlines in pixels of the picture: the number of the class, from 1; else 0. */
function outlines(
  { width, height }: { width: number; height: number },
  codes: Raster,
  targets: Targets,
): Uint8Array {
  const result = new Uint8Array(width * height);
  const blank = { data: new Uint8Array(3 * width * height), width, height };
  for (const index of targets.classes.keys()) {
    const { data } = overlayMask(blank, maskOfClass(codes, targets, index), { colour: "#ffffff" });
    for (let i = 0; i < result.length; i++) if (data[3 * i]! > 0) result[i] = index + 1;
  }
  return result;
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
  const text = `${stage === "coarse" ? "Coarse" : "Fine"}, step ${step} of ${last}` +
    // Every logit is 0 at the start: a probability of one half everywhere.
    (current === 0 && step === 0 ? ": undecided" : "");
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

/**
 * The live automaton in a notebook.
 *
 * @module
 */

import * as tf from "@tensorflow/tfjs";
import { maskOf, probabilitiesOf } from "../evaluation/probabilities.ts";
import { listenToBrush } from "../live/brush_input.ts";
import { strokePixels } from "../live/brush.ts";
import { classColour, partColour, signedColour } from "../live/colours.ts";
import { coveredCells } from "../nca/erase_cells.ts";
import type { MedNca } from "../nca/med_nca.ts";
import { bilinearTaps } from "../nca/resample.ts";
import { eachRow, resample } from "../nca/resample_arrays.ts";
import { COARSE_SCALE } from "../nca/stages.ts";
import { MASK_COLOURS, parseColour } from "../plots/palette.ts";
import { orientForDisplay, quantile, type View } from "../plots/raster.ts";
import { fireKey, fireMask, fireThreshold } from "../rollout/fire_mask.ts";
import type { Targets } from "../slices/case.ts";
import { hash32, mix32, Random } from "../support/random.ts";
import { LIVE_HTML, startView, type ViewData } from "./live_view.ts";
import { type RunData, startRun, stepCells } from "./live_run.ts";
import { type LiveView, pagePart } from "./page_part.ts";
import { sliceFigure } from "./slice_figure.ts";

/** All code of the view: each uses only others of this list. */
const FUNCTIONS: readonly unknown[] = [
  ...[mix32, hash32, Random, fireKey, fireThreshold, fireMask],
  ...[bilinearTaps, eachRow, resample, strokePixels, coveredCells, listenToBrush],
  ...[probabilitiesOf, maskOf, stepCells, startRun, startView],
];

/** A slice for a live view. */
export interface LiveSlice {
  /** Height × width × image channels numbers, normalised as for the model. */
  readonly data: ArrayLike<number>;
  /** A multiple of 4. */
  readonly height: number;
  /** A multiple of 4. */
  readonly width: number;
  /** The code of each pixel, for its outline and the Dice score. */
  readonly truth?: ArrayLike<number>;
}

/** Options of {@linkcode live}. */
export interface LiveOptions {
  /** Decides which cells fire, as the seed of `MedNca.forward`. Default: 0. */
  seed?: number;
  /** Whether the model's classes exclude each other. Default: "classes". */
  kind?: Targets["kind"];
  /** The orientation of the slice. Default: cut along axis 2 of a volume in RAS. */
  view?: View;
}

/**
 * A model on a slice, live: it plays, and cells can be erased with mouse, finger or keyboard; the fire
 * rate and noise can be changed. It needs neither a server nor a network, and works in JupyterLab, in
 * VS Code, and in HTML made from the notebook. Where scripts are not allowed, such as on GitHub, a
 * still picture is shown.
 *
 * The model and the slice are stored in the output: 0.1 MB for the default model and 64 × 64 pixels.
 *
 * @param model It may be disposed afterwards.
 * @param slice On the model's grid.
 * @throws {TypeError} If the slice does not fit the model.
 *
 * @example
 * ```ts
 * import * as tf from "@tensorflow/tfjs";
 * import { MedNca } from "../nca/med_nca.ts";
 * import { live } from "./live.ts";
 * import assert from "node:assert/strict";
 *
 * await tf.setBackend("cpu");
 * const slice = { data: new Float32Array(64), height: 8, width: 8 };
 * assert.match(live(new MedNca({ steps: [2, 1] }), slice).html, /<script>/); // await show(live(…))
 * ```
 */
export function live(model: MedNca, slice: LiveSlice, options: LiveOptions = {}): LiveView {
  const { seed = 0, kind = "classes", view = {} } = options;
  const { height, width, truth } = slice;
  const { classes, steps, fireRate, channels, imageChannels } = model.config;
  const image = Float32Array.from(slice.data);
  if (image.length !== height * width * imageChannels) {
    throw new TypeError(
      `Cannot show a live automaton: expected ${height} × ${width} × ${imageChannels} numbers, ` +
        `got ${image.length}`,
    );
  }
  const logits = tf.tidy(() =>
    model.forward(tf.tensor4d(image, [1, height, width, imageChannels]), {
      ...{ seeds: [seed], stats: "slice" },
    }).dataSync<"float32">()
  );
  const first = image.filter((_, i) => i % imageChannels === 0);
  const mask = maskOf(probabilitiesOf(logits, kind, classes), kind, classes);
  const still = sliceFigure([{
    ...{ data: first, height, width, prediction: mask, smooth: false },
    ...(truth === undefined ? {} : { truth }),
  }], { title: "The automaton's answer", view });
  const turned = orientForDisplay({ data: Uint32Array.from(first.keys()), height, width }, view);
  const [corner, right, down] = [0, 1, turned.width].map((at) => turned.data[at]!);
  const map = (colour: (part: number) => readonly number[], from: number) =>
    Array.from({ length: 65 }, (_, i) => colour(from + (1 - from) * i / 64));
  const data: ViewData = {
    ...{ height, width, channels, imageChannels, steps, fireRate, seed, kind, classes, image },
    scale: COARSE_SCALE,
    truth: truth === undefined ? null : Uint8Array.from(truth),
    weights: [model.model1, model.model2].map(({ variables }) =>
      [...variables.values()].map((variable) => variable.dataSync<"float32">())
    ) as unknown as RunData["weights"],
    range: [quantile(first, 0.005), quantile(first, 0.995)],
    turn: {
      ...{ height: turned.height, width: turned.width, first: corner! },
      ...{ right: right! - corner!, down: down! - corner! },
    },
    colours: {
      classes: Array.from({ length: classes }, (_, i) => classColour(i)),
      truth: parseColour(MASK_COLOURS.truth),
      part: map(partColour, 0),
      signed: map(signedColour, -1),
    },
  };
  return pagePart({
    ...{ functions: FUNCTIONS, start: startView, html: LIVE_HTML, data, still },
    alt: "A slice with the automaton’s answer",
  });
}

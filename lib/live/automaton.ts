/**
 * The automaton on one slice, step by step: forwards, backwards, and with interventions.
 *
 * @module
 */

import * as tf from "@tensorflow/tfjs";
import type { TrainedModel } from "../evaluation/predict_case.ts";
import { cellSeed } from "../nca/cell_seeds.ts";
import { eraseCells } from "../nca/erase_cells.ts";
import { COARSE_SCALE, downsampleImages, upsampleState } from "../nca/stages.ts";
import type { Case } from "../slices/case.ts";
import { labelToModelGrid, sliceGeometry, toModelGrid } from "../slices/geometry.ts";
import { interleave } from "../slices/interleave.ts";
import { hash32 } from "../support/random.ts";
import { paintImage, strokePixels } from "./brush.ts";
import { changeImage } from "./change_image.ts";
import { diceOf, meanChange, planeOf } from "./read_state.ts";
import type { Scene, Situation, Stroke } from "./situation.ts";

/** The size of kept states, in bytes, so that stepping back is fast; others are recomputed. */
const KEPT_BYTES = 192e6;

/** A state for display. */
export interface Frame {
  readonly step: number;
  /** The kind of plane. */
  readonly show: Scene["show"];
  readonly stage: "coarse" | "fine";
  /** The number of steps of this stage. */
  readonly stageStep: number;
  /** Height and width of the model's grid. */
  readonly size: readonly [number, number];
  /** The first channel of the current image, on the grid. */
  readonly image: Float32Array;
  /** The label's codes on the grid; null without a label. */
  readonly truth: Uint8Array | null;
  /** Mask codes, or the numbers to show. */
  readonly plane: Uint8Array | Float32Array;
  /** Height and width of the plane: those of the cells, in the coarse stage a quarter of the grid's. */
  readonly planeSize: readonly [number, number];
  /** Of each step up to this one, from the state before the first: Dice score, NaN if undefined. */
  readonly dice: readonly number[];
  /** The mean change of a number of the state in each step up to this one; 0 for the first state. */
  readonly change: readonly number[];
}

/** The constants of a run. */
interface Run {
  readonly key: string;
  readonly situation: Situation;
  readonly size: readonly [number, number];
  /** Of each stage. */
  readonly seeds: readonly [number, number];
  /** Height × width × channels, before any stroke. */
  readonly images: Float32Array;
  readonly truth: Uint8Array | null;
}

/** A model running on the slices of a case. */
export class Automaton {
  readonly #trained: TrainedModel;
  readonly #opened: Case;
  #run: Run | null = null;
  #strokes: readonly Stroke[] = [];
  /** After the strokes of their step. */
  readonly #states = new Map<number, Float32Array>();
  readonly #dice: number[] = [];
  readonly #change: number[] = [];

  /**
   * @param trained Its steps and fire rate are those of the situation.
   * @param opened With labels, if there is a truth.
   */
  constructor(trained: TrainedModel, opened: Case) {
    this.#trained = trained;
    this.#opened = opened;
  }

  /** The state of a scene, computed from the nearest kept one before it. */
  async frame(scene: Scene): Promise<Frame> {
    const run = this.#prepare(scene);
    const state = await this.#stateAt(run, scene.step);
    const [coarse] = scene.steps;
    const isCoarse = scene.step <= coarse;
    return {
      ...{ step: scene.step, show: scene.show },
      stage: isCoarse ? "coarse" : "fine",
      stageStep: isCoarse ? scene.step : scene.step - coarse,
      size: run.size,
      image: this.#imagesAt(run, scene.step, 1),
      truth: run.truth,
      plane: planeOf(state, scene.show, this.#trained),
      planeSize: cellsAt(run, scene.step),
      dice: this.#dice.slice(0, scene.step + 1),
      change: this.#change.slice(0, scene.step + 1),
    };
  }

  /** Drops outdated states. */
  #prepare(scene: Scene): Run {
    const { strokes, step: _step, show: _show, ...others } = scene;
    const key = JSON.stringify(others);
    if (this.#run?.key !== key) {
      this.#run = this.#start(scene, key);
      this.#forget(0);
    } else {
      const before = this.#strokes;
      const same = before.findIndex((stroke, i) => !isSame(stroke, strokes[i]));
      const first = same === -1 ? before.length : same;
      this.#forget(
        Math.min(...[...before.slice(first), ...strokes.slice(first)].map(({ step }) => step)),
      );
    }
    this.#strokes = strokes;
    return this.#run;
  }

  #start(situation: Situation, key: string): Run {
    const { inputs } = this.#trained;
    const index = this.#opened.indices[situation.slice];
    if (index === undefined) throw new RangeError(`There is no slice ${situation.slice}`);
    const geometry = sliceGeometry(this.#opened.extent(index), inputs);
    const slice = toModelGrid(changeImage(this.#opened.slice(index), situation), geometry);
    const images = new Float32Array(slice.data.length);
    interleave(slice.data, slice.channels, images);
    const seed = cellSeed(situation.seed, index);
    return {
      ...{ key, situation, images },
      size: [slice.height, slice.width],
      seeds: [hash32(seed, 0), hash32(seed, 1)],
      truth: this.#opened.labels === null
        ? null
        : labelToModelGrid(this.#opened.label(index), geometry).data,
    };
  }

  #forget(from: number): void {
    for (const step of this.#states.keys()) if (step >= from) this.#states.delete(step);
    if (this.#dice.length > from) this.#dice.length = this.#change.length = from;
  }

  async #stateAt(run: Run, step: number): Promise<Float32Array> {
    const known = this.#states.get(step);
    if (known !== undefined) return known;
    let from = step;
    while (from >= 0 && !this.#states.has(from)) from--;
    let state = this.#states.get(from);
    for (let next = from + 1; next <= step; next++) {
      const before = state && next > 0 ? await this.#advance(run, state, next) : undefined;
      const raw: Float32Array = before?.after ?? await this.#seed(run);
      state = await this.#touched(run, raw, next);
      this.#states.set(next, state);
      this.#change[next] = before === undefined ? 0 : meanChange(before.before, raw, this.#trained);
      this.#dice[next] = diceOf(state, run, this.#trained);
      this.#dropSome(run);
    }
    return state!;
  }

  /** The state before the first step. */
  async #seed({ images, size: [height, width] }: Run): Promise<Float32Array> {
    const { model } = this.#trained;
    return await read(() =>
      model.model1.seedState(
        downsampleImages(tf.tensor4d(images, [1, height, width, this.#imageChannels])),
      )
    );
  }

  /** One step, and its initial state, which is enlarged between the stages. */
  async #advance(
    run: Run,
    state: Float32Array,
    step: number,
  ): Promise<{ before: Float32Array; after: Float32Array }> {
    const { steps: [coarse], fireRate } = run.situation;
    const { model } = this.#trained;
    const at = step <= coarse ? 0 : 1;
    const nca = at === 0 ? model.model1 : model.model2;
    const [height, width] = cellsAt(run, step);
    const { channels } = model.config;
    let before = state;
    if (step === coarse + 1) {
      const images = this.#imagesAt(run, step - 1, this.#imageChannels);
      const [h, w] = cellsAt(run, step - 1);
      before = await read(() =>
        upsampleState(
          tf.tensor4d(state, [1, h, w, channels]),
          tf.tensor4d(images, [1, height, width, this.#imageChannels]),
        )
      );
    }
    const after = await read(() =>
      nca.forward(tf.tensor4d(before, [1, height, width, channels]), {
        ...{ steps: 1, fireRate, stats: "slice", seeds: [run.seeds[at]!] },
        firstStep: at === 0 ? step - 1 : step - 1 - coarse,
      })
    );
    return { before, after };
  }

  /** A state after the strokes of its step. */
  async #touched(run: Run, state: Float32Array, step: number): Promise<Float32Array> {
    const strokes = this.#strokes.filter((stroke) => stroke.step === step);
    if (strokes.length === 0) return state;
    const [h, w] = cellsAt(run, step);
    const [height, width] = run.size;
    const { channels } = this.#trained.model.config;
    let result = state;
    for (const stroke of strokes.filter(({ tool }) => tool === "erase")) {
      const wound = strokePixels(stroke, height, width);
      result = await read(() =>
        eraseCells(tf.tensor4d(result, [1, h, w, channels]), wound, {
          size: run.size,
          imageChannels: this.#imageChannels,
        })
      );
    }
    const n = this.#imageChannels;
    const images = this.#imagesAt(run, step, n);
    const own = h === height
      ? images
      : await read(() => downsampleImages(tf.tensor4d(images, [1, height, width, n])));
    result = result.slice();
    for (let cell = 0; cell < h * w; cell++) {
      for (let c = 0; c < n; c++) result[cell * channels + c] = own[cell * n + c]!;
    }
    return result;
  }

  /** The first channels of the image with all strokes up to a step. */
  #imagesAt(run: Run, step: number, channels: number): Float32Array {
    const images = run.images.slice();
    for (const stroke of this.#strokes) {
      if (stroke.tool !== "erase" && stroke.step <= step) paintImage(images, stroke, run.size);
    }
    const n = this.#imageChannels;
    if (channels === n) return images;
    const [height, width] = run.size;
    return Float32Array.from({ length: height * width }, (_, pixel) => images[pixel * n]!);
  }

  /** Limits memory: keeps every tenth of the states in between. */
  #dropSome({ images }: Run): void {
    const bytes = 4 * images.length / this.#imageChannels * this.#trained.model.config.channels;
    const most = Math.max(8, Math.floor(KEPT_BYTES / bytes));
    if (this.#states.size <= most) return;
    const [oldest] = [...this.#states.keys()].filter((step) => step % 10 !== 0);
    this.#states.delete(oldest ?? [...this.#states.keys()][1]!);
  }

  get #imageChannels(): number {
    return this.#trained.model.config.imageChannels;
  }
}

function cellsAt({ size: [height, width], situation }: Run, step: number): [number, number] {
  const [coarse] = situation.steps;
  return step <= coarse ? [height / COARSE_SCALE, width / COARSE_SCALE] : [height, width];
}

/** The values of a computation on tensors, which are disposed. */
async function read(make: () => tf.Tensor): Promise<Float32Array> {
  const tensor = tf.tidy(make);
  try {
    return await tensor.data<"float32">();
  } finally {
    tensor.dispose();
  }
}

function isSame(a: Stroke, b: Stroke | undefined): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}

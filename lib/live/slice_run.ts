/**
 * What a run of the automaton on one slice is computed from: images, seeds, and strokes.
 *
 * @module
 */

import * as tf from "@tensorflow/tfjs";
import type { TrainedModel } from "../evaluation/predict_case.ts";
import { cellSeed } from "../nca/cell_seeds.ts";
import { eraseCells } from "../nca/erase_cells.ts";
import type { NCA2D } from "../nca/nca2d.ts";
import { COARSE_SCALE, downsampleImages, setImages, upsampleState } from "../nca/stages.ts";
import type { Case } from "../slices/case.ts";
import { labelToModelGrid, sliceGeometry, toModelGrid } from "../slices/geometry.ts";
import { interleave } from "../slices/interleave.ts";
import { hash32 } from "../support/random.ts";
import { paintImage, strokePixels } from "./brush.ts";
import { changeImage } from "./change_image.ts";
import { countTruth, type TruthCells } from "./read_state.ts";
import type { Situation, Stroke } from "./situation.ts";

/** The coarse stage, the fine one. */
export type Stage = 0 | 1;

/** A run on one slice. */
export class SliceRun {
  /** Height and width of the model's grid. */
  readonly size: readonly [number, number];
  /** Of each stage. */
  readonly seeds: readonly [number, number];
  /** The label's codes on the grid; null without a label. */
  readonly truth: Uint8Array | null;
  /** The same in the cells of each stage. */
  readonly #truthCells: readonly TruthCells[];
  readonly #trained: TrainedModel;
  /** Height × width × channels, before any stroke. */
  readonly #images: Float32Array;
  readonly #coarse: number;

  /** @throws {RangeError} If the case has no such slice. */
  constructor(trained: TrainedModel, opened: Case, situation: Situation) {
    const index = opened.indices[situation.slice];
    if (index === undefined) throw new RangeError(`There is no slice ${situation.slice}`);
    const geometry = sliceGeometry(opened.extent(index), trained.inputs);
    const slice = toModelGrid(changeImage(opened.slice(index), situation), geometry);
    this.#trained = trained;
    this.#images = new Float32Array(slice.data.length);
    interleave(slice.data, slice.channels, this.#images);
    this.#coarse = situation.steps[0];
    this.size = [slice.height, slice.width];
    const seed = cellSeed(situation.seed, index);
    this.seeds = [hash32(seed, 0), hash32(seed, 1)];
    this.truth = opened.labels === null
      ? null
      : labelToModelGrid(opened.label(index), geometry).data;
    const { truth } = this;
    this.#truthCells = truth === null
      ? []
      : [COARSE_SCALE, 1].map((scale) =>
        countTruth(truth, this.size, scale, trained.inputs.targets)
      );
  }

  /** The truth in the cells of a stage; null without a label. */
  truthCells(stage: Stage): TruthCells | null {
    return this.#truthCells[stage] ?? null;
  }

  /** The automaton of a stage. */
  automaton(stage: Stage): NCA2D {
    const { model1, model2 } = this.#trained.model;
    return stage === 0 ? model1 : model2;
  }

  /** The stage that a step, of both together, belongs to. */
  stageOf(step: number): Stage {
    return step <= this.#coarse ? 0 : 1;
  }

  /** Height and width of a stage's cells. */
  cells(stage: Stage): [number, number] {
    const [height, width] = this.size;
    return stage === 0 ? [height / COARSE_SCALE, width / COARSE_SCALE] : [height, width];
  }

  /** How many numbers a state has. */
  stateLength(stage: Stage): number {
    const [height, width] = this.cells(stage);
    return height * width * this.#trained.model.config.channels;
  }

  /** The image with the strokes up to a step, the channel running fastest. */
  images(strokes: readonly Stroke[], step: number): Float32Array {
    const images = this.#images.slice();
    for (const stroke of strokes) {
      if (stroke.tool !== "erase" && stroke.step <= step) paintImage(images, stroke, this.size);
    }
    return images;
  }

  /** The state before the first step, without strokes. */
  async seed(): Promise<Float32Array> {
    const images = this.#tensor(this.#images, this.size);
    return await read(() => this.automaton(0).seedState(downsampleImages(images())));
  }

  /** The state before the first step of the fine stage, of the last coarse one. */
  async enlarge(state: Float32Array, strokes: readonly Stroke[]): Promise<Float32Array> {
    const coarse = this.#tensor(state, this.cells(0));
    const images = this.#tensor(this.images(strokes, this.#coarse), this.size);
    return await read(() => upsampleState(coarse(), images()));
  }

  /** A state after the strokes of its step. */
  async touch(
    state: Float32Array,
    strokes: readonly Stroke[],
    step: number,
  ): Promise<Float32Array> {
    const own = strokes.filter((stroke) => stroke.step === step);
    if (own.length === 0) return state;
    const { config } = this.#trained.model;
    const { imageChannels } = config;
    const [h, w] = this.cells(this.stageOf(step));
    let result = state;
    for (const stroke of own.filter(({ tool }) => tool === "erase")) {
      const wound = strokePixels(stroke, ...this.size);
      const before = this.#tensor(result, [h, w]);
      result = await read(() => eraseCells(before(), wound, { size: this.size, imageChannels }));
    }
    const whole = this.images(strokes, step);
    const images = this.#tensor(whole, this.size);
    const seen = h === this.size[0] ? whole : await read(() => downsampleImages(images()));
    result = result.slice();
    setImages(result, seen, config);
    return result;
  }

  #tensor(values: Float32Array, [height, width]: readonly [number, number]): () => tf.Tensor4D {
    return () => tf.tensor4d(values, [1, height, width, values.length / (height * width)]);
  }
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

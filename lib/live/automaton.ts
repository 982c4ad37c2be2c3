/**
 * The automaton on one slice, step by step: forwards, backwards, and with interventions.
 *
 * @module
 */

import type { TrainedModel } from "../evaluation/predict_case.ts";
import { startRun } from "../rollout/run.ts";
import type { RolloutPoint, RolloutRun } from "../rollout/types.ts";
import type { Case } from "../slices/case.ts";
import { answerOf, channelsOf, diceOf, logitChannels, meanChange, planeOf } from "./read_state.ts";
import { MOST_STEPS, type Scene, type Stroke } from "./situation.ts";
import { SliceRun, type Stage } from "./slice_run.ts";

/** Steps from one kept state to the next: those between are computed again. */
const EVERY = 10;

/** The size of kept states, in bytes. */
const KEPT_BYTES = 96e6;

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
  /** The mean change of a probability in each step up to this one; 0 for the first state. */
  readonly change: readonly number[];
}

/**
 * Steps without an intervention: from the begin of a stage, or from a stroke. They are the parts of
 * which a run consists, and what a state is computed from.
 */
interface Stretch {
  readonly stage: Stage;
  /** The number of steps before it, of both stages. */
  readonly begin: number;
}

/** A state of a stretch that is kept. */
interface Kept extends Stretch {
  /** The number of steps before it, of both stages. */
  readonly step: number;
  readonly point: RolloutPoint;
}

/** A stretch that is computed, and how far. */
interface Open extends Stretch {
  readonly rollout: RolloutRun;
  step: number;
  /** The probabilities at this step, if they were read. */
  answer: Float32Array | null;
}

/** A run, and what of a scene it was made for. */
interface Run {
  readonly key: string;
  readonly scene: Scene;
  readonly slice: SliceRun;
}

/** A model running on the slices of a case. */
export class Automaton {
  readonly #trained: TrainedModel;
  readonly #opened: Case;
  #run: Run | null = null;
  #strokes: readonly Stroke[] = [];
  /** The first state of each stretch, and some of the others. */
  #kept: Kept[] = [];
  /** The state that the last strokes were applied to: they may grow. */
  #raw: { step: number; state: Float32Array; change: number } | null = null;
  #open: Open | null = null;
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
    const { slice } = run;
    const { first, count } = channelsOf(scene.show, this.#trained);
    const open = await this.#goTo(run, scene.step);
    const values = await open.rollout.read(first, count);
    const [coarse] = scene.steps;
    const stage = slice.stageOf(scene.step);
    return {
      ...{ step: scene.step, show: scene.show },
      stage: stage === 0 ? "coarse" : "fine",
      stageStep: stage === 0 ? scene.step : scene.step - coarse,
      ...{ size: slice.size, truth: slice.truth, planeSize: slice.cells(stage) },
      image: firstChannel(slice.images(this.#strokes, scene.step), slice.size),
      plane: planeOf(values, scene.show, this.#trained),
      dice: this.#dice.slice(0, scene.step + 1),
      change: this.#change.slice(0, scene.step + 1),
    };
  }

  /** Frees the engine's memory. */
  dispose(): void {
    this.#open?.rollout.dispose();
    this.#open = null;
  }

  /** Drops outdated states. */
  #prepare(scene: Scene): Run {
    const { strokes, step: _step, show: _show, ...others } = scene;
    const key = JSON.stringify(others);
    if (this.#run?.key !== key) {
      this.#run = { key, scene, slice: new SliceRun(this.#trained, this.#opened, scene) };
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

  /** Drops what follows from the strokes of a step. */
  #forget(from: number): void {
    this.#kept = this.#kept.filter(({ step }) => step < from);
    if (from === 0 || (this.#raw?.step ?? 0) > from) this.#raw = null;
    if (this.#open !== null && this.#open.step >= from) this.dispose();
    if (this.#dice.length > from) this.#dice.length = this.#change.length = from;
  }

  /** Computes the state after the strokes of a step. */
  async #goTo(run: Run, step: number): Promise<Open> {
    const stage = run.slice.stageOf(step);
    return await this.#follow(run, { stage, begin: this.#beginOf(run, stage, step) }, step);
  }

  /** Where the stretch of a stage begins in which a step is. */
  #beginOf({ scene: { steps: [coarse] } }: Run, stage: Stage, step: number): number {
    const [begin, first] = stage === 0 ? [0, 0] : [coarse, coarse + 1];
    const strokes = this.#strokes.map((stroke) => stroke.step)
      .filter((at) => at >= first && at <= step);
    return Math.max(begin, ...strokes);
  }

  /** Goes on in a stretch, to a step of it. */
  async #follow(run: Run, stretch: Stretch, step: number): Promise<Open> {
    const { stage, begin } = stretch;
    let open = this.#open;
    if (open?.stage !== stage || open.begin !== begin || open.step > step) {
      open = await this.#resume(run, stretch, step);
    }
    while (open.step < step) {
      // Steps whose figures are known are run at once, up to a state that is kept
      const isKnown = (at: number) => this.#dice[at] !== undefined;
      let to = open.step + 1;
      while (to < step && isKnown(to) && isKnown(to + 1) && (to - begin) % EVERY !== 0) to++;
      const before = isKnown(to) ? null : await this.#answerOf(open);
      open.rollout.advance(to - begin);
      open.step = to;
      open.answer = null;
      if (before !== null) {
        const after = await this.#answerOf(open);
        this.#change[to] = meanChange(before, after);
        this.#dice[to] = diceOf(after, run.slice.truthCells(stage), this.#trained);
      }
      if ((to - begin) % EVERY === 0) await this.#keep(run, open);
    }
    return open;
  }

  async #answerOf(open: Open): Promise<Float32Array> {
    const { first, count } = logitChannels(this.#trained);
    return open.answer ??= answerOf(await open.rollout.read(first, count), this.#trained);
  }

  /** Opens a stretch at the last state that is known of it. */
  async #resume(run: Run, { stage, begin }: Stretch, step: number): Promise<Open> {
    const best = this.#kept.findLast((kept) =>
      kept.stage === stage && kept.begin === begin && kept.step <= step
    );
    const { slice, scene: { steps: [coarse], fireRate } } = run;
    const point = best?.point ??
      { step: 0, state: await this.#first(run, { stage, begin }), shift: null };
    this.dispose();
    const rollout = startRun(point, slice.automaton(stage).weights, {
      ...{ size: slice.cells(stage), channels: this.#trained.model.config.channels, fireRate },
      ...{ seed: slice.seeds[stage], firstStep: stage === 0 ? begin : begin - coarse },
      most: MOST_STEPS,
    });
    const open = this.#open = { stage, begin, rollout, step: begin + point.step, answer: null };
    if (best !== undefined) return open;
    await this.#keep(run, open);
    // The state that the fine stage begins with is that of the last coarse step, enlarged
    if (stage === 1 && begin === coarse) return open;
    this.#dice[begin] = diceOf(await this.#answerOf(open), slice.truthCells(stage), this.#trained);
    this.#change[begin] = begin === 0 ? 0 : this.#raw!.change;
    return open;
  }

  /** The state that a stretch begins with. */
  async #first(run: Run, { stage, begin }: Stretch): Promise<Float32Array> {
    const { slice, scene: { steps: [coarse] } } = run;
    if (stage === 1 && begin === coarse) {
      const { state } = await (await this.#goTo(run, coarse)).rollout.save();
      return await slice.enlarge(state, this.#strokes);
    }
    if (begin === 0) return await slice.touch(await slice.seed(), this.#strokes, 0);
    if (this.#raw?.step !== begin) {
      const before = { stage, begin: this.#beginOf(run, stage, begin - 1) };
      const { state } = await (await this.#follow(run, before, begin)).rollout.save();
      this.#raw = { step: begin, state, change: this.#change[begin]! };
    }
    return await slice.touch(this.#raw.state, this.#strokes, begin);
  }

  async #keep({ slice }: Run, { rollout, stage, begin, step }: Open): Promise<void> {
    const isSame = (kept: Kept) =>
      kept.stage === stage && kept.begin === begin && kept.step === step;
    if (this.#kept.some(isSame)) return;
    this.#kept.push({ stage, begin, step, point: await rollout.save() });
    if (this.#kept.length <= Math.max(8, KEPT_BYTES / 4 / slice.stateLength(1))) return;
    const oldest = this.#kept.findIndex(({ point }) => point.step > 0);
    this.#kept.splice(Math.max(oldest, 0), 1);
  }
}

function firstChannel(images: Float32Array, [height, width]: readonly [number, number]) {
  const channels = images.length / (height * width);
  return channels === 1 ? images : images.filter((_, i) => i % channels === 0);
}

function isSame(a: Stroke, b: Stroke | undefined): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}

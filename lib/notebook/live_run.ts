/**
 * An automaton on one slice in plain JavaScript, for the live view in notebooks. It is inlined there,
 * so its functions use nothing but each other and what `live.ts` inlines beside them.
 *
 * @module
 */

import { strokePixels } from "../live/brush.ts";
import type { Stroke } from "../live/situation.ts";
import { coveredCells } from "../nca/erase_cells.ts";
import { bilinearTaps } from "../nca/resample.ts";
import { resample } from "../nca/resample_arrays.ts";
import { fireMask } from "../rollout/fire_mask.ts";
import { hash32, Random } from "../support/random.ts";

/** The numbers of one NCA, in PyTorch's shapes and order, see `parameterShapes`. */
export type LiveWeights = readonly Float32Array[];

/** The parts of a model and a slice that a run needs. */
export interface RunData {
  /** Of the slice; multiples of `scale`. */
  readonly height: number;
  readonly width: number;
  readonly channels: number;
  readonly imageChannels: number;
  /** The side of a coarse cell in pixels. */
  readonly scale: number;
  readonly steps: readonly [coarse: number, fine: number];
  /** Decides which cells fire. */
  readonly seed: number;
  /** Height × width × image channels. */
  readonly image: Float32Array;
  /** Of the coarse and the fine stage. */
  readonly weights: readonly [coarse: LiveWeights, fine: LiveWeights];
}

/** What can be changed during a run. */
export interface RunSettings {
  readonly fireRate: number;
  /** The standard deviation of Gaussian noise on the image. */
  readonly noise: number;
  /** Erased cells. */
  readonly strokes: readonly Stroke[];
}

/** The automaton at any step. */
export interface LiveRun {
  /** Height and width of the state at a step. */
  sizeAt(step: number): [number, number];
  /** The image that it sees. */
  image(settings: RunSettings): Float32Array;
  /** The state after a step and its strokes; not to be changed. */
  stateAt(step: number, settings: RunSettings): Float32Array;
}

/**
 * One step of an NCA on one slice, as the rollout's engines do it.
 *
 * @param state Height × width × channels values.
 * @param fires 1 for each cell that fires.
 * @returns The next state.
 */
export function stepCells(
  state: Float32Array,
  [height, width]: readonly [number, number],
  weights: LiveWeights,
  fires: Uint8Array,
): Float32Array {
  const [kernel, kernelBias, fc1, fc1Bias, scale, shift, fc2, fc2Bias] = weights as [
    ...[Float32Array, Float32Array, Float32Array, Float32Array],
    ...[Float32Array, Float32Array, Float32Array, Float32Array],
  ];
  const [cells, c, h] = [height * width, kernelBias.length, fc1Bias.length];
  const side = Math.sqrt(kernel.length / c);
  const reach = side >> 1;
  const seen = new Float64Array(2 * c);
  const hidden = new Float32Array(cells * h);
  const [sum, squares] = [new Float64Array(h), new Float64Array(h)];
  for (let cell = 0; cell < cells; cell++) {
    const [y, x] = [Math.floor(cell / width), cell % width];
    for (let i = 0; i < c; i++) seen[i] = kernelBias[i]!;
    for (let ky = Math.max(0, reach - y); ky < Math.min(side, height - y + reach); ky++) {
      for (let kx = Math.max(0, reach - x); kx < Math.min(side, width - x + reach); kx++) {
        const from = ((y + ky - reach) * width + x + kx - reach) * c;
        const tap = ky * side + kx;
        for (let i = 0; i < c; i++) seen[i]! += kernel[i * side * side + tap]! * state[from + i]!;
      }
    }
    for (let i = 0; i < c; i++) seen[c + i] = state[cell * c + i]!;
    for (let j = 0; j < h; j++) {
      let value = fc1Bias[j]!;
      for (let i = 0; i < 2 * c; i++) value += fc1[j * 2 * c + i]! * seen[i]!;
      hidden[cell * h + j] = value;
      sum[j]! += value;
      squares[j]! += value * value;
    }
  }
  // Batch norm over the slice, as one factor and one summand for each unit
  const factor = new Float64Array(h);
  const summand = new Float64Array(h);
  for (let j = 0; j < h; j++) {
    const mean = sum[j]! / cells;
    factor[j] = scale[j]! / Math.sqrt(Math.max(0, squares[j]! / cells - mean * mean) + 1e-5);
    summand[j] = shift[j]! - mean * factor[j]!;
  }
  const next = state.slice();
  const changing = fc2Bias.length;
  for (let cell = 0; cell < cells; cell++) {
    if (fires[cell] === 0) continue;
    for (let j = 0; j < h; j++) {
      const at = cell * h + j;
      hidden[at] = Math.max(0, hidden[at]! * factor[j]! + summand[j]!);
    }
    for (let o = 0; o < changing; o++) {
      let change = fc2Bias[o]!;
      for (let j = 0; j < h; j++) change += fc2[o * h + j]! * hidden[cell * h + j]!;
      next[cell * c + c - changing + o]! += change;
    }
  }
  return next;
}

/** Prepares a run; states are computed when they are asked for, and kept as far as memory allows. */
export function startRun(data: RunData): LiveRun {
  const { height, width, channels, imageChannels: n, scale, seed, weights } = data;
  const [coarse, fine] = data.steps;
  const most = Math.max(8, Math.floor(96e6 / (4 * height * width * channels)));
  const every = Math.ceil((coarse + fine) / most);
  const states = new Map<number, Float32Array>();
  let known: RunSettings | undefined;

  const sizeAt = (step: number): [number, number] =>
    step <= coarse ? [height / scale, width / scale] : [height, width];

  function image({ noise }: RunSettings): Float32Array {
    const random = new Random(seed);
    return noise === 0 ? data.image : data.image.map((value) => value + noise * random.normal());
  }

  function withImage(state: Float32Array, pixels: Float32Array): Float32Array {
    for (let i = 0; i < pixels.length; i++) {
      state[Math.floor(i / n) * channels + i % n] = pixels[i]!;
    }
    return state;
  }

  function first(settings: RunSettings): Float32Array {
    const size = { batch: 1, height, width, channels: n };
    const taps = [height, width].map((length) => bilinearTaps(length, 1 / scale));
    const pixels = resample(image(settings), size, taps[0]!, taps[1]!);
    return withImage(new Float32Array(pixels.length / n * channels), pixels);
  }

  function advance(before: Float32Array, step: number, settings: RunSettings): Float32Array {
    const stage = step <= coarse ? 0 : 1;
    let state = before;
    if (step === coarse + 1) {
      const [h, w] = sizeAt(coarse);
      const size = { batch: 1, height: h, width: w, channels };
      state = resample(state, size, bilinearTaps(h, scale), bilinearTaps(w, scale));
      state = withImage(state, image(settings));
    }
    const size = sizeAt(step);
    const fires = fireMask({
      seed: hash32(seed, stage),
      step: step - 1 - stage * coarse,
      cells: size[0] * size[1],
      fireRate: settings.fireRate,
    });
    return stepCells(state, size, weights[stage], fires);
  }

  function erase(state: Float32Array, step: number, { strokes }: RunSettings): Float32Array {
    const now = strokes.filter((stroke) => stroke.step === step);
    if (now.length === 0) return state;
    const erased = state.slice();
    for (const stroke of now) {
      const pixels = strokePixels(stroke, height, width);
      const cells = coveredCells(pixels, width, height / sizeAt(step)[0]);
      for (let cell = 0; cell < cells.length; cell++) {
        if (cells[cell] === 1) erased.fill(0, cell * channels + n, (cell + 1) * channels);
      }
    }
    return erased;
  }

  /** Drops the states that other settings made. */
  function refresh(settings: RunSettings): void {
    const { strokes: before = [], ...rest } = known ?? {};
    const { strokes, ...others } = settings;
    let from = 0;
    if (JSON.stringify(rest) === JSON.stringify(others)) {
      const differ = [...before, ...strokes].filter((stroke) =>
        !before.includes(stroke) || !strokes.includes(stroke)
      );
      from = Math.min(...differ.map(({ step }) => step));
    }
    for (const step of states.keys()) if (step >= from) states.delete(step);
    known = settings;
  }

  function stateAt(step: number, settings: RunSettings): Float32Array {
    refresh(settings);
    let at = step;
    while (at > 0 && !states.has(at)) at--;
    let state = states.get(at) ?? erase(first(settings), at, settings);
    for (states.set(at, state); at < step;) {
      if (at % every !== 0) states.delete(at);
      state = erase(advance(state, ++at, settings), at, settings);
      states.set(at, state);
    }
    return state;
  }

  return { sizeAt, image, stateAt };
}

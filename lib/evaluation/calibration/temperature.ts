/**
 * Temperatures: probabilities as they come true.
 *
 * @module
 */

import type { Targets } from "../../slices/case.ts";

/** Voxels of labelled cases, to fit temperatures on. */
export interface CalibrationVoxels {
  /** The log-odds of each class against the background, `[class][voxel]`. */
  readonly logits: readonly Float64Array[];
  /** 1 where the voxel is of the class, `[class][voxel]`. */
  readonly truths: readonly Uint8Array[];
}

/** The fitted temperatures. */
export interface TemperatureFit {
  /** By class; above 1 where the model is overconfident. */
  readonly temperatures: readonly number[];
  /** The mean negative log-likelihood of a voxel, with temperatures of 1. */
  readonly before: number;
  /** With those found. */
  readonly after: number;
}

/** Temperatures lie between its inverse and it. */
const HIGHEST = 20;
/** The least probability, so that every logit is finite. */
const LEAST = 1e-7;

/**
 * The log-odds of probabilities: for exclusive classes against the background, for regions against
 * their own absence. With one class these are the same.
 *
 * @param probabilities One per class.
 */
export function logOdds(probabilities: readonly number[], kind: Targets["kind"]): number[] {
  const rest = 1 - probabilities.reduce((a, b) => a + b, 0);
  return probabilities.map((p) =>
    Math.log(Math.max(p, LEAST) / Math.max(kind === "classes" ? rest : 1 - p, LEAST))
  );
}

/**
 * The probabilities of log-odds that were divided by temperatures.
 *
 * @param logits From {@linkcode logOdds}.
 * @param temperatures One per class.
 *
 * @example
 * ```ts
 * import { cooled, logOdds } from "./temperature.ts";
 * import assert from "node:assert/strict";
 *
 * const [p] = cooled(logOdds([0.9], "classes"), [2], "classes");
 * assert.ok(Math.abs(p! - 0.75) < 1e-12); // odds of 9 become odds of 3
 * ```
 */
export function cooled(
  logits: readonly number[],
  temperatures: readonly number[],
  kind: Targets["kind"],
): number[] {
  const scaled = logits.map((logit, c) => logit / temperatures[c]!);
  if (kind === "regions") return scaled.map((logit) => 1 / (1 + Math.exp(-logit)));
  const highest = Math.max(0, ...scaled); // 0 is the background's
  const terms = scaled.map((logit) => Math.exp(logit - highest));
  const sum = terms.reduce((a, b) => a + b, Math.exp(-highest));
  return terms.map((term) => term / sum);
}

/**
 * Calibrates the probabilities of a case. Masks are made before, so they do not change.
 *
 * @param probabilities `[class][slice]`.
 * @param temperatures One per class.
 * @returns New planes.
 */
export function calibrate(
  probabilities: readonly (readonly Float32Array[])[],
  temperatures: readonly number[],
  kind: Targets["kind"],
): Float32Array[][] {
  const result = probabilities.map((planes) => planes.map((plane) => plane.slice()));
  for (const [slice, { length }] of result[0]!.entries()) {
    for (let i = 0; i < length; i++) {
      const own = probabilities.map((planes) => planes[slice]![i]!);
      // Exactly 0 is where the model did not look
      if (own.every((p) => p === 0)) continue;
      for (const [c, p] of cooled(logOdds(own, kind), temperatures, kind).entries()) {
        result[c]![slice]![i] = p;
      }
    }
  }
  return result;
}

/**
 * Fits one temperature per class so that the negative log-likelihood of the voxels is least. It is
 * convex in the temperatures' inverses, so for each in turn its slope is brought to 0 by halving. A
 * class that all voxels belong to, or none, keeps 1.
 *
 * Source: C. Guo et al., "On calibration of modern neural networks", ICML 2017.
 *
 * @param voxels At least one.
 */
export function fitTemperatures(voxels: CalibrationVoxels, kind: Targets["kind"]): TemperatureFit {
  const { logits, truths } = voxels;
  const inverses = logits.map(() => 1);
  const before = likelihood(voxels, inverses, kind);
  const sweeps = kind === "classes" && logits.length > 1 ? 20 : 1;
  for (let sweep = 0; sweep < sweeps; sweep++) {
    for (const c of inverses.keys()) {
      if (!(truths[c]!.includes(0) && truths[c]!.includes(1))) continue; // nothing to learn from
      let [low, high] = [-Math.log(HIGHEST), Math.log(HIGHEST)];
      while (high - low > 1e-4) {
        const middle = (low + high) / 2;
        inverses[c] = Math.exp(middle);
        if (slope(logits, truths, inverses, kind, c) > 0) high = middle;
        else low = middle;
      }
    }
  }
  return {
    temperatures: inverses.map((inverse) => 1 / inverse),
    before,
    after: likelihood(voxels, inverses, kind),
  };
}

/** The derivative of the negative log-likelihood by the inverse temperature of a class. */
function slope(
  logits: CalibrationVoxels["logits"],
  truths: CalibrationVoxels["truths"],
  inverses: readonly number[],
  kind: Targets["kind"],
  c: number,
): number {
  let sum = 0;
  const add = (i: number, p: number) => sum += (p - truths[c]![i]!) * logits[c]![i]!;
  if (kind === "regions" || logits.length === 1) { // the others do not matter
    for (const [i, logit] of logits[c]!.entries()) {
      add(i, 1 / (1 + Math.exp(-logit * inverses[c]!)));
    }
  } else eachVoxel(logits, inverses, kind, (i, probabilities) => add(i, probabilities[c]!));
  return sum;
}

/** The mean negative log-likelihood. */
function likelihood(
  { logits, truths }: CalibrationVoxels,
  inverses: readonly number[],
  kind: Targets["kind"],
): number {
  let sum = 0;
  eachVoxel(logits, inverses, kind, (i, probabilities) => {
    let rest = 1;
    let isObject = false;
    for (const [c, p] of probabilities.entries()) {
      const truth = truths[c]![i] === 1;
      if (kind === "regions") sum -= Math.log(Math.max(truth ? p : 1 - p, Number.MIN_VALUE));
      else if (truth) sum -= Math.log(Math.max(p, Number.MIN_VALUE));
      isObject ||= truth;
      rest -= p;
    }
    if (kind === "classes" && !isObject) sum -= Math.log(Math.max(rest, LEAST));
  });
  return sum / logits[0]!.length;
}

function eachVoxel(
  logits: CalibrationVoxels["logits"],
  inverses: readonly number[],
  kind: Targets["kind"],
  use: (voxel: number, probabilities: readonly number[]) => void,
): void {
  const temperatures = inverses.map((inverse) => 1 / inverse);
  for (let i = 0; i < logits[0]!.length; i++) {
    use(i, cooled(logits.map((values) => values[i]!), temperatures, kind));
  }
}

/**
 * The layout of arrays in GPU memory, for the shaders and the code that fills their buffers.
 *
 * All arrays consist of `vec4f`, and offsets below are in this unit. A cell's state has c/4 of
 * them; v, perception followed by state, has 2c/4.
 *
 * @module
 */

import type { ModelShape } from "../types.ts";

/** The shape of an NCA, which decides the layout. */
export interface NcaShape extends ModelShape {
  readonly kernelSize: number;
}

/** What shaders are compiled for. */
export interface KernelShape extends NcaShape {
  /** Cells of one slice that a work-group takes at a time; a chunk is a whole number of tiles. */
  tile: number;
}

/** The offsets of each buffer's parts, and its length, for a shape. */
export function layoutOf({ channels, hidden, kernelSize }: NcaShape) {
  const c4 = channels / 4;
  const v4 = 2 * c4;
  const h4 = hidden / 4;
  const taps = kernelSize * kernelSize;
  const square = 4 * v4 * v4;
  const fc1 = taps * c4;
  const gamma = fc1 + hidden * v4;
  const bias2 = gamma + 2 * h4 + hidden * c4;
  const covariance = v4 + h4;
  const folded = covariance + square;
  const d = hidden * v4;
  return {
    /** vec4s of a state's cell, c/4. */
    c4,
    /** vec4s of v, 2c/4. */
    v4,
    /** Hidden units. */
    hidden,
    /** Numbers of a kernel, k². */
    taps,
    /** All weights: kernel (k² × c), fc1 (h × 2c), γ, β (h), fc2ᵀ (h × c), its bias (c). */
    weights: { fc1, gamma, beta: gamma + h4, fc2: gamma + 2 * h4, bias2, length: bias2 + c4 },
    /** A group's statistics at a step: mean of v, 1/√(var + ε) (h), covariance, A = γ·inv·W1. */
    stats: { inverse: v4, covariance, folded, length: folded + d },
    /** A chunk's sums of v and v·vᵀ. */
    momentsLength: v4 + square,
    /** A chunk's gradients: D (h × 2c) and d (h) of a step; fc2ᵀ (h × c), its bias (c) of all. */
    chunk: {
      d,
      fc2: d + h4,
      bias2: d + h4 + hidden * c4,
      length: d + h4 + hidden * c4 + c4,
    },
    /** A group's map of the current step, M (2c × 2c) and t (2c). */
    map: { t: square, length: square + v4 },
    /** A group's gradients: fc1 (h × 2c), γ, β (h). */
    group: { gamma: d, beta: d + h4, length: d + 2 * h4 },
  };
}

/** The layout of {@linkcode layoutOf}. */
export type Layout = ReturnType<typeof layoutOf>;

/**
 * The bytes that a step moves through a GPU's memory, counted from the shaders.
 *
 * @module
 */

import type { Mode } from "./side.ts";

/**
 * States of a cell (64 bytes at 16 channels) that the phases of one step read and write, each once:
 * neighbours come from a cache, and sums of chunks are small beside cells. See the shaders.
 */
function statesOfStep(mode: Mode, fireRate: number): number {
  const statistics = 2; // reads the state, writes perception
  const update = 3; // reads both, writes the state
  const forward = statistics + update;
  if (mode === "inference") return forward;
  const fired = fireRate * 5; // reads perception, state, gradient; writes two gradients
  const dense = 5 + fireRate; // reads perception, state; both gradients, one read where it fired
  const perception = 6; // reads perception's gradient, two states; the gradient; perception
  return forward + fired + dense + perception;
}

/** Bytes of one step of the tutorial's Med-NCA on a batch. */
export function countBytes(mode: Mode, batch: number, size: number): number {
  const cells = 40 * (size / 4) ** 2 + 20 * size ** 2;
  return batch * cells * statesOfStep(mode, 0.5) * 16 * 4;
}

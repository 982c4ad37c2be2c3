/**
 * The operations of a step, counted: what the exact algorithm needs, not what an engine happens
 * to do.
 *
 * @module
 */

import type { Mode } from "./side.ts";

/** Multiply-adds of one cell in one step of an NCA with c channels, h hidden units, k×k kernel. */
function multiplyAdds(mode: Mode, c: number, h: number, k: number, fireRate: number): number {
  const v = 2 * c;
  const perception = c * k * k;
  const statistics = v * (v + 1) / 2;
  const update = fireRate * (v * h + h * (c - 1));
  const forward = perception + statistics + update;
  if (mode === "inference") return forward;
  // y again, dW2, W2ᵀ g, D, Aᵀ dy of firing cells; M v of every cell; perception thrice.
  const fired = fireRate * (3 * v * h + 2 * h * (c - 1));
  return forward + fired + v * v + 3 * perception;
}

/** Operations (two a multiply-add) of one step of the tutorial's Med-NCA on a batch. */
export function countOperations(mode: Mode, batch: number, size: number): number {
  const coarse = 40 * (size / 4) ** 2 * multiplyAdds(mode, 16, 64, 7, 0.5);
  const fine = 20 * size ** 2 * multiplyAdds(mode, 16, 64, 3, 0.5);
  return 2 * batch * (coarse + fine);
}

/**
 * The operations of a step, counted: what the exact algorithm needs, not what an engine happens to
 * do; and the bytes that a step moves on a GPU.
 *
 * With c channels, h hidden units, v = 2c, a k×k kernel and fire rate f, one cell in one step takes
 * so many multiply-adds:
 *
 *     forward   c k²                     perception
 *               v (v + 1) / 2            the covariance's upper half
 *               f (v h + h (c − 1))      fc1 and fc2 of firing cells
 *     backward  f (3 v h + 2 h (c − 1))  y again, D, dv and dW2, dy of firing cells
 *               v²                       batch norm's dense gradient
 *               3 c k²                   perception again, its gradient by state and by kernel
 *
 * What is done once a step and not for every cell (folding batch norm) and what is no multiply-add
 * (masks, ReLU, resizing, losses, Adam) is left out. The tutorial's 40 coarse steps on a sixteenth
 * of the cells and 20 fine ones at 320×320 come to 10.4 GFLOP forward and 36.6 GFLOP in training.
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
  const fired = fireRate * (3 * v * h + 2 * h * (c - 1));
  return forward + fired + v * v + 3 * perception;
}

/** Operations (two a multiply-add) of one step of the tutorial's Med-NCA on a batch. */
export function countOperations(mode: Mode, batch: number, size: number): number {
  const coarse = 40 * (size / 4) ** 2 * multiplyAdds(mode, 16, 64, 7, 0.5);
  const fine = 20 * size ** 2 * multiplyAdds(mode, 16, 64, 3, 0.5);
  return 2 * batch * (coarse + fine);
}

/**
 * States of a cell (64 bytes at 16 channels) that the phases of one step read and write, each once:
 * neighbours come from a cache, and sums of chunks are small beside cells. Counted from
 * the shaders.
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

/** The phases of the kernels; see `docs/cpu_engine.md`. */
export type Phase =
  | "perception"
  | "perception and statistics"
  | "batch norm"
  | "update"
  | "firing cells' gradient"
  | "batch norm's gradient"
  | "all cells' gradient"
  | "perception's gradient";

/** The work of a phase for one cell and step. */
export interface PhaseWork {
  readonly multiplyAdds: number;
  /** To and from states, perception and gradients, each counted once. */
  readonly bytes: number;
}

/** The multiply-adds that each phase needs, and the bytes that it moves, for one cell and step. */
export function operationsOfPhases(
  { channels: c, hidden: h, kernel: k, fireRate: f }: {
    channels: number;
    hidden: number;
    kernel: number;
    fireRate: number;
  },
): Record<Phase, PhaseWork> {
  const [v, row] = [2 * c, 4 * c];
  const [perception, statistics] = [c * k * k, v * (v + 1) / 2];
  return {
    "perception": { multiplyAdds: perception, bytes: 2 * row },
    "perception and statistics": { multiplyAdds: perception + statistics, bytes: 2 * row },
    "batch norm": { multiplyAdds: 0, bytes: 0 },
    "update": { multiplyAdds: f * (v * h + h * (c - 1)), bytes: (2 + 4 * f) * row },
    "firing cells' gradient": {
      multiplyAdds: f * (3 * v * h + 2 * h * (c - 1)),
      bytes: f * 5 * row,
    },
    "batch norm's gradient": { multiplyAdds: 0, bytes: 0 },
    "all cells' gradient": { multiplyAdds: v * v, bytes: (5 + 2 * f) * row },
    "perception's gradient": { multiplyAdds: 2 * perception, bytes: 4 * row },
  };
}

/**
 * Perturbations of the automaton: wounds, and more or fewer steps.
 *
 * @module
 */

import { IGNORED, type LabelPlane } from "../../slices/case.ts";
import { percent, type Perturbation } from "./perturbation.ts";

const RADII = [0, 0.5, 1, 1.5, 2, 3];

/**
 * Cells erased in the middle of the coarse stage: every channel but the image to 0, in a disc
 * around the object. The unit is the disc's radius, in radii of the object (of a disc with its area
 * in the slice): at 1 nearly all of it is erased. Slices without the object are not changed.
 */
export const erasedCoarse: Perturbation = wound("coarse");

/** The same in the middle of the fine stage. */
export const erasedFine: Perturbation = wound("fine");

function wound(stage: "coarse" | "fine"): Perturbation {
  return {
    name: `erased-${stage}`,
    title: `Erased in the ${stage} stage`,
    unit: "radius of the wound, in radii of the object",
    none: 0,
    strengths: RADII,
    quick: [0, 1, 2],
    format: (radii) => `${radii} r`,
    apply: ({ labels }, strength, { steps: [coarse, fine] }) => ({
      predict: {
        wound: {
          stage,
          step: Math.floor((stage === "coarse" ? coarse : fine) / 2),
          cells: labels.map((label) => discAround(label, strength)),
        },
      },
    }),
  };
}

/** A disc around the middle of a label's objects: 1 inside. */
function discAround({ data, height, width }: LabelPlane, radii: number): LabelPlane {
  let [area, y, x] = [0, 0, 0];
  for (const [i, code] of data.entries()) {
    if (code === 0 || code === IGNORED) continue;
    area++;
    y += Math.floor(i / width);
    x += i % width;
  }
  const radius = radii * Math.sqrt(area / Math.PI);
  const inside = (i: number) =>
    Math.hypot(Math.floor(i / width) - y / area, i % width - x / area) < radius;
  return { data: data.map((_, i) => inside(i) ? 1 : 0), height, width };
}

/**
 * More or fewer steps than the model was trained for, in both stages. The unit is the fraction of
 * those steps.
 */
export const steps: Perturbation = {
  name: "steps",
  title: "Steps",
  unit: "fraction of the steps in training",
  none: 1,
  strengths: [0.25, 0.5, 0.75, 1, 1.25, 1.5, 2],
  quick: [0.5, 1, 2],
  format: percent,
  apply: (_, strength, { steps: [coarse, fine] }) => ({
    predict: { steps: [Math.round(strength * coarse), Math.round(strength * fine)] },
  }),
};

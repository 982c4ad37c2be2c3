/**
 * The orientation of a case's slices for display.
 *
 * @module
 */

import type { Case } from "../slices/case.ts";
import type { SliceSettings } from "../slices/slice_settings.ts";
import type { Axis } from "../slices/types.ts";
import { PLANE_AXES } from "../volume/mod.ts";
import type { View } from "./raster.ts";

/**
 * The orientation of a case's planes; pictures, and volumes of unknown orientation, are shown as
 * stored.
 *
 * @param opened The case.
 * @param settings The settings that it was opened with.
 *
 * @example
 * ```ts
 * import { viewOfCase } from "./case_view.ts";
 * import assert from "node:assert/strict";
 *
 * const opened = { kind: "volume", orientation: "LPS" } as const;
 * assert.deepEqual(viewOfCase(opened, { orientation: "canonical", axis: "coronal" }), {
 *   axis: 1,
 *   orientation: "RAS",
 * });
 * assert.deepEqual(viewOfCase(opened, { orientation: "stored", axis: 2 }), {
 *   axis: 2,
 *   orientation: "LPS",
 * });
 * ```
 */
export function viewOfCase(
  opened: Pick<Case, "kind" | "orientation">,
  settings: Pick<SliceSettings, "orientation" | "axis">,
): View {
  if (opened.kind === "pictures" || opened.orientation === null) return "raw";
  const orientation = settings.orientation === "canonical" ? "RAS" : opened.orientation;
  return { axis: axisIn(orientation, settings.axis), orientation };
}

/** The axis of a grid perpendicular to its planes. */
function axisIn(orientation: string, axis: SliceSettings["axis"]): Axis {
  if (typeof axis === "number") return axis;
  const letters = ["RL", "AP", "SI"][PLANE_AXES[axis]]!;
  return [...orientation].findIndex((letter) => letters.includes(letter)) as Axis;
}

/**
 * How the slices of a data set are to be turned for looking at them.
 *
 * @module
 */

import { join } from "@std/path";
import type { View } from "../plots/raster.ts";
import { discoverCases } from "../slices/discovery/discover_cases.ts";
import { readVolumeHeader } from "../volume/mod.ts";

/**
 * How axial slices of volumes in canonical orientation lie in the patient; pictures, and volumes
 * that do not say how they lie, stay as they are.
 *
 * @param data The data folder; its first case counts.
 * @throws {InputError} If it cannot be read.
 */
export async function viewOf(data: string): Promise<View> {
  const { kind, cases } = await discoverCases(data);
  const first = cases[0]?.files[0]?.images[0];
  if (kind === "pictures" || first === undefined) return "raw";
  const { orientation } = await readVolumeHeader(join(data, first));
  return orientation === null ? "raw" : { orientation: "RAS" };
}

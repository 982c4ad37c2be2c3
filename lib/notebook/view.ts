/**
 * The orientation of a data set's slices for display.
 *
 * @module
 */

import { join } from "@std/path";
import type { View } from "../plots/raster.ts";
import { discoverCases } from "../slices/discovery/discover_cases.ts";
import { readVolumeHeader } from "../volume/mod.ts";

/**
 * The orientation of axial slices of volumes in canonical orientation; pictures, and volumes of
 * unknown orientation, are shown as stored.
 *
 * @param data The data folder; its first case decides.
 * @throws {InputError} If it cannot be read.
 */
export async function viewOf(data: string): Promise<View> {
  const { kind, cases } = await discoverCases(data);
  const first = cases[0]?.files[0]?.images[0];
  if (kind === "pictures" || first === undefined) return "raw";
  const { orientation } = await readVolumeHeader(join(data, first));
  return orientation === null ? "raw" : { orientation: "RAS" };
}

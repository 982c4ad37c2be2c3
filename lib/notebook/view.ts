/**
 * How the slices of a data set are to be turned for looking at them.
 *
 * @module
 */

import { join } from "@std/path";
import type { View } from "../plots/raster.ts";
import { discoverCases } from "../slices/discovery/discover_cases.ts";
import { orientation, readVolume } from "../volume/mod.ts";

/**
 * How axial slices of a data set lie in the patient, as its first volume tells; pictures stay as
 * they are.
 *
 * @param data The data folder.
 * @throws {InputError} Where it cannot be read.
 */
export async function viewOf(data: string): Promise<View> {
  const { kind, cases } = await discoverCases(data);
  if (kind === "png" || cases[0] === undefined) return "raw";
  const { affine } = await readVolume(join(data, cases[0].image));
  return { orientation: orientation(affine) };
}

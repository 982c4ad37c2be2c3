/**
 * One case cut into slices, in the folder of all.
 *
 * @module
 */

import { join } from "@std/path";
import { toModelGrid } from "./geometry.ts";
import type { ExtractSettings } from "./manifest.ts";
import { type CaseSlices, readCase } from "./read_case.ts";
import { saveSlice } from "./save_slice.ts";
import type { DataCase, SliceRecord } from "./types.ts";
import type { CaseRecords } from "./unfinished.ts";

/** What is the same for all cases. */
export interface CaseJob {
  readonly data: string;
  readonly out: string;
  readonly kind: "volumes" | "png";
  readonly settings: ExtractSettings;
  /** Height and width of all slices. */
  readonly size: readonly [number, number];
}

/**
 * Cuts a case and stores its slices.
 *
 * @param entries The volume, or the pictures of the case.
 * @returns What it adds to the manifest: nothing but problems where it cannot be used.
 */
export async function extractCase(
  id: string,
  entries: readonly Required<DataCase>[],
  { data, out, kind, settings, size }: CaseJob,
): Promise<CaseRecords> {
  const { read, found: problems } = await readCase(kind, data, entries, settings);
  if (read === undefined) return { labelValues: [], problems, cases: [], slices: [] };
  const { image, label } = entries[0]!;
  return {
    labelValues: [...read.labelValues],
    problems,
    cases: [{ id, image, label, shape: [...read.shape], spacing: [...read.spacing] }],
    slices: await saveCase(out, id, read, settings, size),
  };
}

async function saveCase(
  out: string,
  id: string,
  read: CaseSlices,
  settings: ExtractSettings,
  size: readonly [number, number],
): Promise<SliceRecord[]> {
  const { axis, fit, format } = settings;
  return await Promise.all(read.slices.map(async ({ index, image, label }) => {
    const name = `${id}_slice_${String(index).padStart(3, "0")}.${format}`;
    const { slice, geometry } = toModelGrid(image, { size, fit });
    const { slice: mask } = toModelGrid(label, { size, fit, kind: "label" });
    const bits = new Uint8Array(mask.data.length);
    let foreground = 0;
    for (let i = 0; i < bits.length; i++) {
      if (mask.data[i] === 1) foreground += bits[i] = 1;
    }
    await saveSlice(join(out, "images", name), slice, { quick: true });
    await saveSlice(join(out, "labels", name), { ...mask, data: bits }, { quick: true });
    return {
      case: id,
      index,
      axis,
      image: `images/${name}`,
      label: `labels/${name}`,
      foreground,
      geometry,
    };
  }));
}

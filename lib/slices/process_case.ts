/**
 * One case of a data set, from its files to its slices: what a thread does at a time.
 *
 * @module
 */

import { join } from "@std/path";
import type { DiscoveredCases } from "./discover_cases.ts";
import { toModelGrid } from "./geometry.ts";
import type { ExtractSettings, ManifestCase } from "./manifest.ts";
import { type CaseSlices, type Findings, readPictureCase, readVolumeCase } from "./read_case.ts";
import { saveSlice } from "./save_slice.ts";
import type { DataCase, SliceRecord } from "./types.ts";

/** A case to process. */
export interface CaseWork {
  /** The data folder. */
  readonly data: string;
  /** The folder for the slices. */
  readonly out: string;
  readonly kind: DiscoveredCases["kind"];
  /** The case: one pair of volumes, or all its pictures. */
  readonly entries: readonly Required<DataCase>[];
  readonly settings: ExtractSettings;
  /** Height and width of the slices. */
  readonly size: readonly [number, number];
}

/** What came of a case: nothing but findings where it cannot be used. */
export interface CaseResult extends Findings {
  readonly case?: ManifestCase;
  readonly slices: readonly SliceRecord[];
  readonly labelValues: readonly number[];
}

/** Reads a case, cuts it and saves its slices. */
export async function processCase(work: CaseWork): Promise<CaseResult> {
  const { data, entries, kind, settings } = work;
  const { id, image, label } = entries[0]!;
  const findings: Findings = { errors: [], warnings: [] };
  const read = kind === "png"
    ? await readPictureCase(data, entries, settings, findings)
    : await readVolumeCase(data, entries[0]!, settings, findings);
  if (read === undefined) return { ...findings, slices: [], labelValues: [] };
  return {
    ...findings,
    case: { id, image, label, shape: [...read.shape], spacing: [...read.spacing] },
    slices: await saveCase(id, read, work),
    labelValues: [...read.labelValues],
  };
}

async function saveCase(
  id: string,
  read: CaseSlices,
  { out, settings, size }: CaseWork,
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
    await saveSlice(join(out, "images", name), slice);
    await saveSlice(join(out, "labels", name), { ...mask, data: bits });
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

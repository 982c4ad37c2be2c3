import { join } from "@std/path";
import type { Case } from "./case.ts";
import type { CaseSettings } from "./case_settings.ts";
import { type CaseSource, pathsOf } from "./discovery/case_source.ts";
import { labelToModelGrid, sliceGeometry, toModelGrid } from "./geometry.ts";
import { openCase } from "./open_case.ts";
import { LostLabels } from "./lost_labels.ts";
import { hashFile } from "../support/hash.ts";
import { saveSlice } from "./save_slice.ts";
import { toStored } from "./stored_codes.ts";
import { countCodes } from "./targets.ts";
import type { SliceRecord } from "./types.ts";
import type { CaseRecords } from "./unfinished.ts";
import { caseFacts } from "./verify/case_facts.ts";

/** What all cases share. */
export interface CaseJob {
  readonly out: string;
  readonly settings: CaseSettings;
  /** Height and width of all slices. */
  readonly size: readonly [number, number];
}

/**
 * Cuts a case and stores its slices.
 *
 * @returns Its part of the manifest: only problems if it cannot be used.
 */
export async function extractCase(source: CaseSource, job: CaseJob): Promise<CaseRecords> {
  const { id } = source;
  const opened = await openCase(source, job.settings, { labels: true, normalized: true });
  const hashes = await hashFiles(source);
  const problems = opened.findings.map((finding) => ({ ...finding, case: id }));
  if (opened.case === null) return { problems, cases: [], slices: [], hashes };
  const lost = new LostLabels(job.settings.targets);
  const slices = await saveSlices(opened.case, job, lost);
  problems.push(...lost.findings().map((finding) => ({ ...finding, case: id })));
  return { problems, cases: [describe(source, opened.case)], slices, hashes };
}

/** The SHA-256 of each file of a case, while the system still has it in memory. */
async function hashFiles(source: CaseSource): Promise<CaseRecords["hashes"]> {
  const hashes: CaseRecords["hashes"] = {};
  for (const path of pathsOf(source)) {
    hashes[path] = await hashFile(join(source.folder, path), "sha256").catch(() => null);
  }
  return hashes;
}

function describe({ files }: CaseSource, opened: Case): CaseRecords["cases"][number] {
  const facts = caseFacts(opened);
  return {
    ...facts,
    labelValues: [...facts.labelValues],
    labelColours: [...facts.labelColours],
    images: files.flatMap(({ images }) => images),
    labels: files.flatMap(({ label }) => label ?? []),
    intensities: [...opened.intensities],
  };
}

async function saveSlices(
  opened: Case,
  { out, settings, size }: CaseJob,
  lost: LostLabels,
): Promise<SliceRecord[]> {
  const { targets, format, fit, spacing } = settings;
  const wanted = settings.size === "pad" ? "pad" : size;
  const records: SliceRecord[] = [];
  for (const index of opened.indices) { // one after the other, to save memory
    const name = `${opened.id}_slice_${String(index).padStart(3, "0")}.${format}`;
    const geometry = sliceGeometry(opened.extent(index), {
      size: wanted,
      fit,
      spacing,
      smallest: size,
    });
    const image = toModelGrid(opened.slice(index), geometry);
    const whole = opened.label(index);
    const label = labelToModelGrid(whole, geometry);
    await saveSlice(join(out, "images", name), image, { quick: true });
    const stored = { ...label, data: toStored(label.data, targets, format) };
    await saveSlice(join(out, "labels", name), stored, { quick: true, asNumbers: true });
    const paths = { image: `images/${name}`, label: `labels/${name}` };
    const foreground = label.data.reduce((n, code) => n + Number(code > 0 && code < 255), 0);
    const classes = countCodes(label.data, targets);
    lost.add(whole, classes, geometry);
    records.push({ case: opened.id, index, ...paths, foreground, classes, geometry });
  }
  return records;
}

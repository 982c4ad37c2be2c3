/**
 * How the bookkeeping of a cohort grows: processor time and memory of each part, for 1,000, 10,000
 * and 100,000 tiny cases, each part in a process of its own.
 *
 *     deno run -A tasks/bench/bookkeeping.ts [CASES …]
 *
 * @module
 */

import { cpuUsage } from "node:process";
import { join } from "@std/path";
import { writeReview } from "../../lib/evaluation/doubt/review.ts";
import { readRecords } from "../../lib/evaluation/prediction_record.ts";
import { writePredictionReport } from "../../lib/exchange/prediction_report.ts";
import { listImages } from "../../lib/slices/discovery/list_images.ts";
import { type Manifest, readManifest, writeManifest } from "../../lib/slices/manifest.ts";
import { SliceDataset } from "../../lib/slices/slice_dataset.ts";
import { chooseSplit } from "../../lib/slices/split/choose_split.ts";
import { peakMegabytes } from "./memory.ts";

const SCAN = new URL("../../data.example", import.meta.url).pathname;
const CLASSES = [{ name: "gland", values: [1] }];
const MADE = { weights: ["a".repeat(64), "b".repeat(64)], steps: [30, 30], seed: 0, samples: 1 };
const SPLIT = { test: 0.25, validation: 0.2, folds: 5, fold: 0, splits: "", patients: "auto" };

const idsOf = (count: number) =>
  Array.from({ length: count }, (_, i) => `case_${String(i).padStart(7, "0")}`);

/** A manifest like that of the example, with two slices for each case. */
async function manifestOf(ids: readonly string[], folder: string): Promise<Manifest> {
  const { extractSlices } = await import("../../lib/slices/extract_slices.ts");
  const { manifest } = await extractSlices({ data: SCAN, out: join(folder, "example") });
  const [example] = manifest.cases;
  const two = manifest.slices.slice(0, 2);
  return {
    ...manifest,
    files: ids.flatMap((id) =>
      ["images", "labels"].map((kind) => ({
        path: `${kind}/${id}.nii`,
        size: 1,
        modified: 1,
        sha256: null,
      }))
    ),
    cases: ids.map((id) => ({ ...example!, id })),
    slices: ids.flatMap((id) =>
      two.map((slice, index) => ({
        ...{ ...slice, case: id, index },
        image: `images/${id}_slice_00${index}.npy`,
        label: `labels/${id}_slice_00${index}.npy`,
      }))
    ),
  };
}

/** What is measured; each takes the ids of the cases and a folder with their files. */
const PARTS: Record<string, (ids: string[], folder: string) => Promise<unknown>> = {
  "write the files": async (ids, folder) => {
    for (const name of ["scans", "masks/records"]) {
      await Deno.mkdir(join(folder, name), { recursive: true });
    }
    const found = { counts: [12], voxelMillilitres: 0.001, doubt: 0.1, pieces: [1], warnings: [] };
    for (const id of ids) {
      const name = `${id}.nii`;
      await Deno.writeFile(join(folder, "scans", name), new Uint8Array());
      const [images, outputs] = ["c", "d"].map((letter) => ({ [name]: letter.repeat(64) }));
      const record = JSON.stringify({ made: MADE, images, outputs, found }, null, 2);
      await Deno.writeTextFile(join(folder, "masks/records", `${name}.json`), record);
    }
  },
  "write the manifest": async (ids, folder) =>
    await writeManifest(folder, await manifestOf(ids, folder)),
  "read the manifest": (_, folder) => readManifest(folder),
  "choose a split": (ids) => chooseSplit({ ...SPLIT, seed: 0 } as never, ids, []),
  "read the manifest, open the training slices": async (ids, folder) => {
    const cases = ids.filter((_, i) => i % 4 > 0);
    await SliceDataset.open(folder, { cases, manifest: await readManifest(folder) });
  },
  "list the images": (_, folder) => listImages(join(folder, "scans"), []),
  "read the records": (_, folder) => readRecords(join(folder, "masks")),
  "write the report": (_, folder) =>
    writePredictionReport({
      ...{ folder: join(folder, "masks"), model: "m", classes: CLASSES, made: MADE, failed: [] },
    }),
  "write the review": (_, folder) =>
    writeReview({ folder: join(folder, "masks"), classes: CLASSES, made: MADE, threshold: 0.5 }),
};

/** Runs one part here. */
async function measure(part: string, count: number, folder: string): Promise<void> {
  const ids = idsOf(count);
  const before = cpuUsage();
  await PARTS[part]!(ids, folder);
  const { user, system } = cpuUsage(before);
  const seconds = ((user + system) / 1e6).toFixed(2);
  console.log(`${count} ${part}: ${seconds} s, ${(await peakMegabytes()).toFixed(0)} MB`);
}

const [first = "", count = "", folder = ""] = Deno.args;
if (first in PARTS) await measure(first, Number(count), folder);
else {
  for (const count of Deno.args.length > 0 ? Deno.args : ["1000", "10000", "100000"]) {
    const folder = await Deno.makeTempDir();
    for (const part of Object.keys(PARTS)) {
      const args = ["run", "-A", "--no-check", import.meta.filename!, part, count, folder];
      await new Deno.Command(Deno.execPath(), { args }).spawn().status;
    }
    await Deno.remove(folder, { recursive: true });
  }
}

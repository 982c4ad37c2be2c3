import assert from "node:assert/strict";
import { join } from "@std/path";
import { readPostprocess } from "../../lib/evaluation/choose_postprocess.ts";
import { readRobustness } from "../../lib/evaluation/robustness/robustness_csv.ts";
import { readSummary } from "../../lib/evaluation/summary_files.ts";
import { loadWeights } from "../../lib/nca/weights.ts";
import { readMetrics } from "../../lib/plots/training_curves.ts";
import { readDescription } from "../../lib/slices/discovery/dataset_description.ts";
import { readManifest } from "../../lib/slices/manifest.ts";
import { loadLabel, loadSlice } from "../../lib/slices/save_slice.ts";
import { findPatients } from "../../lib/slices/split/patients.ts";
import { readSplitsFile } from "../../lib/slices/split/splits_file.ts";
import { InputError } from "../../lib/support/errors.ts";
import { hashFile } from "../../lib/support/hash.ts";
import { readCheckpoint } from "../../lib/training/checkpoint.ts";
import { readFolds } from "../../lib/training/folds.ts";
import { readVersions } from "../../lib/training/run_versions.ts";
import { readModelSettings } from "../../lib/training/run_folder.ts";
import { readVolume, readVolumeHeader } from "../../lib/volume/mod.ts";
import { createTask, parseTask } from "../../tasks/support/cli.ts";
import { inFolder } from "./in_folder.ts";
import { sources } from "./sources.ts";

const FINE = new URL("../../models/hippocampus/model2.safetensors", import.meta.url);

/** All that reads a file which users name, by the name that it has in a folder. */
const READERS: [name: string, read: (folder: string, path: string) => Promise<unknown>][] = [
  ["a.nii", (_, path) => readVolume(path)],
  ["a.nii.gz", (_, path) => readVolumeHeader(path)],
  ["a.png", (_, path) => loadSlice(path)],
  ["b.png", (_, path) => loadLabel(path, [])],
  ["a.npy", (_, path) => loadSlice(path)],
  ["any", (_, path) => hashFile(path, "sha256")],
  ["dataset.json", readDescription],
  ["manifest.json", readManifest],
  ["splits.json", (_, path) =>
    readSplitsFile(path, {
      ...{ cases: ["a"], unusable: [], fold: 0, validation: 0.2, seed: 0 },
      patientOf: (id) => id,
    })],
  ["patients.csv", (_, path) => findPatients(path, ["a"])],
  ["flags.json", (_, path) => parseTask(createTask("train", ""), ["--config", path])],
  ["model1.safetensors", async (folder) => {
    await Deno.copyFile(FINE, join(folder, "model2.safetensors")); // the other half is sound
    return await loadWeights(folder);
  }],
  ["checkpoint.safetensors", (_, path) => readCheckpoint(path)],
  ["config.json", readModelSettings],
  ["folds.json", readFolds],
  ["versions.json", readVersions],
  [
    "postprocess.json",
    (folder) => readPostprocess(folder, { kind: "classes", classes: [], ignore: [] }),
  ],
  ["summary.json", readSummary],
  ["robustness.csv", (_, path) => readRobustness(path)],
  ["metrics.csv", (_, path) => readMetrics(path)],
];

Deno.test({
  name: "whatever reads files refuses folders, pipes, sockets and devices, and does not wait",
  ignore: Deno.build.os === "windows",
  fn: async (t) => {
    await inFolder(async (root) => {
      const kinds: [kind: string, make: (path: string) => Promise<unknown> | Disposable][] = [
        ["a folder", (path) => Deno.mkdir(path)],
        ["a pipe or a device", (path) => new Deno.Command("mkfifo", { args: [path] }).output()],
        ["a pipe or a device", (path) => Deno.symlink("/dev/zero", path)],
        ["a pipe or a device", (path) => Deno.listen({ transport: "unix", path })],
      ];
      for (const [i, [kind, make]] of kinds.entries()) {
        const folder = join(root, `${i}`);
        await Deno.mkdir(folder);
        for (const [name, read] of READERS) {
          await t.step(`${name} is ${kind}, ${i}`, async () => {
            const path = join(folder, name);
            const made = await make(path);
            await assert.rejects(read(folder, path), (error) => {
              assert.ok(error instanceof InputError, String(error));
              assert.match(error.message, RegExp(`^Cannot read .*: it is ${kind}, not a file: `));
              return true;
            });
            if (made instanceof Object && "close" in made) (made as Deno.Listener).close();
          });
        }
      }
    });
  },
});

/** What may open files itself: it is what the others use, or it opens no file of a user's. */
const OPENERS = [
  "lib/support/read_file.ts",
  "lib/support/files.ts", // temporary files of its own
  "lib/support/output_folder.ts", // locks
  "lib/slices/prepared_folder.ts",
  "lib/support/hash.ts", // after refuseOtherThanFiles()
  "lib/slices/discovery/other_formats.ts", // after a look at its kind
  "lib/training/event_log.ts", // new ones
  "lib/download/fetch_file.ts",
  "lib/download/unpack_tar.ts", // after hashFile()
  "lib/plots/svg_to_png.ts", // those of packages
  "lib/live/build_site.ts", // its own
  "lib/cluster/gather_predictions.ts", // a draft that it writes
  "tasks/cluster/local.ts", // logs that it writes
  "tasks/cluster/logs.ts", // after refuseOtherThanFiles()
  "tasks/test.ts", // the report that it asked for
];

Deno.test("no other module opens files: readRegularFile() and its kin do", async () => {
  for await (const [path, text] of sources()) {
    if (/^tasks\/(bench|fuzz)\//.test(path)) continue; // they read what they have written
    const opens = /Deno\.(open|readFile|readTextFile)(Sync)?\(|createReadStream/.test(text);
    assert.equal(opens, OPENERS.includes(path), path);
  }
});

import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { join } from "@std/path";
import { decode } from "fast-png";
import { writePredictionReport } from "../../lib/exchange/prediction_report.ts";
import { parseCsv } from "../../lib/support/csv.ts";
import { PROGRAM } from "../../lib/support/program.ts";
import { readVolume } from "../../lib/volume/mod.ts";
import { writeTinyVolumes } from "../training/support/tiny_data.ts";
import { makeRun } from "../tasks/support/make_run.ts";
import { inFolder, runTaskIn } from "../tasks/support/run_task.ts";
import { initBackend } from "../../lib/backend.ts";

await initBackend({ backend: "ops" });

const sha256 = async (path: string) =>
  createHash("sha256").update(await Deno.readFile(path)).digest("hex");

Deno.test("predict leaves volumes.csv, report.json and report.html about all masks in a folder", () =>
  inFolder(async (folder) => {
    await writeTinyVolumes(join(folder, "data"), { cases: 3 });
    const split = { train: ["case_0", "case_1"], validation: ["case_2"], test: [] };
    await makeRun(join(folder, "run"), join(folder, "data"), { split });
    const [images, masks] = [join(folder, "data", "images"), join(folder, "masks")];
    await Deno.writeTextFile(join(images, "x<i>.nii.gz"), "broken");
    const predict = (...flags: string[]) =>
      runTaskIn(
        folder,
        "predict",
        ...["--run", "run", "--image", "data/images", "--out", "masks", ...flags],
      );
    const done = await predict("--shard", "1/2"); // case_0 and case_2
    assert.equal(done.code, 0, done.error);
    assert.match(done.out, /Report {3}masks\/report\.html/);
    const names = async () =>
      parseCsv(await Deno.readTextFile(join(masks, "volumes.csv"))).slice(1).map(([name]) => name);
    assert.deepEqual(await names(), ["case_0.nii.gz", "case_2.nii.gz"]);
    assert.equal((await predict()).code, 1); // two were done; one is broken

    const [head, ...rows] = parseCsv(await Deno.readTextFile(join(masks, "volumes.csv")));
    assert.deepEqual(head, ["image", "foreground_ml", "foreground_voxels", "quality"]);
    assert.equal(rows.length, 3);
    const report = JSON.parse(await Deno.readTextFile(join(masks, "report.json")));
    assert.deepEqual(report.program, PROGRAM);
    assert.equal(report.model, "run");
    assert.equal(report.made.weights[1], await sha256(join(folder, "run", "model2.safetensors")));
    assert.match(report.failed[0].name, /^x<i>/);
    for (const [i, [name, millilitres, voxels]] of rows.entries()) {
      const { data } = await readVolume(join(masks, name!));
      const count = data.reduce((sum, value) => sum + value, 0);
      assert.equal(Number(voxels), count);
      assert.ok(Math.abs(Number(millilitres) - count * 3 / 1000) < 1e-9); // 1 × 1 × 3 mm
      const { images: inputs, outputs } = report.cases[i];
      assert.equal(inputs[name!], await sha256(join(images, name!)));
      assert.equal(outputs[name!], await sha256(join(masks, name!)));
    }

    const html = await Deno.readTextFile(join(masks, "report.html"));
    const pictures = [...html.matchAll(/src="data:image\/png;base64,([^"]+)"/g)];
    assert.equal(pictures.length, 3);
    const { width } = decode(Uint8Array.fromBase64(pictures[0]![1]!));
    assert.ok(width > 2 * 350, `${width}`); // slices side by side
    assert.match(html, /x&lt;i&gt;\.nii\.gz<\/td><td>Cannot read volume/);
    assert.doesNotMatch(html, /<script|<i>|(src|href)="(?!data:)/);

    // Other settings: what they made before is not mixed in
    const other = await predict("--samples", "2", "--shard", "1/2");
    assert.equal(other.code, 0, other.error);
    assert.deepEqual(await names(), ["case_0.nii.gz", "case_2.nii.gz"]);
    const page = await Deno.readTextFile(join(masks, "report.html"));
    assert.match(page, /Left out, since other weights or settings made them: case_1\.nii\.gz/);
    assert.match(page, /NQM/);
  }));

Deno.test("writePredictionReport shows forty pictures, and says how many more there are", () =>
  inFolder(async (folder) => {
    const found = { counts: [1], warnings: [] };
    await Deno.mkdir(join(folder, "records"));
    for (let i = 10; i < 53; i++) {
      const record = JSON.stringify({ made: {}, images: {}, outputs: {}, found });
      await Deno.writeTextFile(join(folder, "records", `${i}.json`), record);
      await Deno.writeTextFile(join(folder, "records", `${i}.png`), `picture ${i}`);
    }
    const classes = [{ name: "a", values: [1] }];
    await writePredictionReport({ folder, model: "m", classes, made: {}, failed: [] });
    const html = await Deno.readTextFile(join(folder, "report.html"));
    const shown = [...html.matchAll(/alt="(\d+)" src="data:image\/png;base64,([^"]+)"/g)]
      .map(([, name, data]) => [name, atob(data!)]);
    const numbers = Array.from({ length: 40 }, (_, i) => String(10 + i));
    assert.deepEqual(shown, numbers.map((name) => [name, `picture ${name}`]));
    assert.match(html, /3 more pictures are in records\//);
  }));

Deno.test("writePredictionReport gives each class its own volume, in three digits", () =>
  inFolder(async (folder) => {
    const made = { weights: ["a"], inputs: {} };
    const classes = [{ name: "whole", values: [1] }, { name: "core", values: [2] }];
    const counts = { a: [1234, 5], b: [1000, 123], c: [20, 0], d: [100, 10] };
    await Deno.mkdir(join(folder, "records"));
    for (const [name, of] of Object.entries(counts)) {
      const found = { counts: of, voxelMillilitres: 0.1, quality: 0.12345, warnings: [] };
      const record = { made, images: {}, outputs: {}, found };
      await Deno.writeTextFile(join(folder, "records", `${name}.json`), JSON.stringify(record));
    }
    await writePredictionReport({ folder, model: "m", classes, made, failed: [] });
    const html = await Deno.readTextFile(join(folder, "report.html"));
    const cells = [...html.matchAll(/<tr><td>([abcd])<\/td>(.*?)<\/tr>/g)].map((
      [, name, rest],
    ) => [name, ...[...rest!.matchAll(/>([^<]*)<\/td>/g)].map(([, text]) => text)]);
    assert.deepEqual(cells, [
      ["a", "123", "0.500", "0.123"],
      ["b", "100", "12.3", "0.123"],
      ["c", "2.00", "0", "0.123"],
      ["d", "10.0", "1.00", "0.123"],
    ]);
    const [head, first] = parseCsv(await Deno.readTextFile(join(folder, "volumes.csv")));
    assert.deepEqual(head, [
      "image",
      "whole_ml",
      "whole_voxels",
      "core_ml",
      "core_voxels",
      "quality",
    ]);
    assert.deepEqual(first!.map((cell, i) => i === 0 ? cell : Number(cell).toFixed(3)), [
      ...["a", "123.400", "1234.000", "0.500", "5.000", "0.123"],
    ]);
  }));

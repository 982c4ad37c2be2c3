/** Several channels and classes, from files to masks, through the tasks. */

import { join } from "@std/path";
import { encode } from "fast-png";
import assert from "node:assert/strict";
import { decodePngLabel } from "../../lib/slices/png_label.ts";
import { Random } from "../../lib/support/random.ts";
import { createVolume, readVolume } from "../../lib/volume/mod.ts";
import { writeVolume } from "../../lib/volume/write_volume.ts";
import { inFolder, runTaskIn as run, tinyFlags } from "./support/run_task.ts";

const readJson = async (path: string) => JSON.parse(await Deno.readTextFile(path));
const folderOf = (path: string) => Deno.mkdir(path, { recursive: true });

/** How bright each class is in each channel: none shows all of them. */
const BRIGHTNESS = [[0.1, 0.1, 0.1], [0.9, 0.1, 0.1], [0.9, 0.9, 0.1], [0.1, 0.9, 0.9]] as const;

/** A plane of classes 0 to 3: three bars on a dark ground, where chance puts them. */
function drawClasses(size: number, random: Random): Uint8Array {
  const order = random.shuffle([1, 2, 3]);
  const top = 2 + Math.floor(random.uniform() * (size - 10));
  return Uint8Array.from({ length: size * size }, (_, i) => {
    const [x, y] = [i % size, Math.floor(i / size)];
    const bar = order[Math.floor((x - 2) / 4)];
    return x < 2 || y < top || y >= top + 8 || bar === undefined ? 0 : bar;
  });
}

/** The dice score of one class in two masks, counted by hand. */
function diceOf(a: ArrayLike<number>, b: ArrayLike<number>, value: number): number {
  let [both, sum] = [0, 0];
  for (let i = 0; i < b.length; i++) {
    both += Number(a[i] === value && b[i] === value);
    sum += Number(a[i] === value) + Number(b[i] === value);
  }
  return 2 * both / sum;
}

const FLAGS = tinyFlags({ epochs: 8, channels: 8, hidden: 16, steps: [6, 6], backend: "wasm" });

Deno.test("two channels and three classes train, score and predict, in nnU-Net's layout", () =>
  inFolder(async (folder) => {
    const [size, slices] = [16, 4];
    const data = join(folder, "Dataset001_Bars");
    const pixels = size * size * slices;
    for (const name of ["imagesTr", "labelsTr", "other"]) await folderOf(join(data, name));
    for (let number = 0; number < 8; number++) {
      const random = new Random(number, 7);
      const label = new Uint8Array(pixels);
      for (let k = 0; k < slices; k++) label.set(drawClasses(size, random), k * size * size);
      const like = createVolume({
        data: new Float32Array(pixels),
        shape: [size, size, slices],
        spacing: [1, 1, 3],
      });
      for (const channel of [0, 1]) {
        const image = Float32Array.from(
          label,
          (code) => 100 * (BRIGHTNESS[code]![channel]! + 0.1 * random.uniform()),
        );
        const path = join(data, "imagesTr", `bars_${number}_000${channel}.nii.gz`);
        await writeVolume(path, { data: image, like });
      }
      await writeVolume(join(data, "labelsTr", `bars_${number}.nii.gz`), { data: label, like });
    }
    const labels = { background: 0, left: 1, right: 2, far: 3 };
    const channel_names = { 0: "T2", 1: "ADC" };
    await Deno.writeTextFile(
      join(data, "dataset.json"),
      JSON.stringify({ channel_names, labels, numTraining: 8, file_ending: ".nii.gz" }),
    );
    const train = await run(
      folder,
      "train",
      ...["--data", data, "--labels", "all", "--out", "run", ...FLAGS],
    );
    assert.equal(train.code, 0, train.error);
    assert.match(train.error, /volume Dice 0\.\d+ \(left 0\.\d+, right 0\.\d+, far 0\.\d+\)/);
    const model = await readJson(join(folder, "run", "slices.json"));
    assert.deepEqual([model.channels, model.trained.channelNames], [2, ["T2", "ADC"]]);
    const [header] = (await Deno.readTextFile(join(folder, "run", "metrics.csv"))).split("\n");
    assert.ok(header!.includes("val_volume_dice (left)"), header);

    // The scores are those of the masks on disk, which carry the data set's values
    const summary = await readJson(join(folder, "run", "summary.json"));
    assert.deepEqual(summary.labels, { "1": "left", "2": "right", "3": "far" });
    for (const { case: id, metrics } of summary.metric_per_case) {
      const label = await readVolume(join(data, "labelsTr", `${id}.nii.gz`));
      const mask = await readVolume(join(folder, "run", "predictions", `${id}.nii.gz`));
      for (const value of [1, 2, 3]) {
        const dice = diceOf(mask.data, label.data, value);
        assert.ok(Math.abs(metrics[value].Dice - dice) < 1e-12, `${id} ${value}`);
      }
    }
    assert.ok(summary.foreground_mean.Dice > 0.75, `Dice ${summary.foreground_mean.Dice}`);

    // The same masks again from the images alone
    const images = join(data, "imagesTr");
    const predict = await run(folder, "predict", "--run", "run", "--image", images, "--out", "m");
    assert.equal(predict.code, 0, predict.error);
    for (const { case: id } of summary.metric_per_case) {
      const [first, again] = await Promise.all(
        [join("run", "predictions"), "m"].map((name) =>
          readVolume(join(folder, name, `${id}.nii.gz`))
        ),
      );
      assert.deepEqual(again!.data, first!.data);
    }

    // An image with one of the channels is an error that names both numbers
    const alone = join(data, "other", "alone.nii.gz");
    await Deno.copyFile(join(images, "bars_0_0000.nii.gz"), alone);
    const wrong = await run(folder, "predict", "--run", "run", "--image", alone, "--out", "w");
    assert.notEqual(wrong.code, 0);
    assert.match(wrong.error + wrong.out, /image has one channel, 2 are needed/);

    // Too few numbers a cell for two channels and three classes
    const few = tinyFlags({ channels: 4, backend: "ops" });
    const full = await run(
      folder,
      "train",
      "--data",
      data,
      "--labels",
      "all",
      "--out",
      "f",
      ...few,
    );
    assert.notEqual(full.code, 0);
    assert.match(
      full.error,
      /2 image channels and 3 classes need 5 channels per cell; channels is 4/,
    );
  }));

Deno.test("RGB pictures with palette masks train, score and predict", () =>
  inFolder(async (folder) => {
    const size = 16;
    for (const name of ["images", "labels"]) await folderOf(join(folder, "data", name));
    const palette = [[0, 0, 0], [200, 30, 30], [30, 200, 30], [30, 30, 200]];
    for (let number = 0; number < 24; number++) {
      const random = new Random(number, 8);
      const label = drawClasses(size, random);
      const image = Uint8Array.from(
        { length: label.length * 3 },
        (_, i) => 255 * BRIGHTNESS[label[Math.floor(i / 3)]!]![i % 3]! - 12 * random.uniform(),
      );
      const name = `p${String(number).padStart(2, "0")}.png`;
      const picture = { height: size, width: size, depth: 8 as const };
      await Deno.writeFile(
        join(folder, "data", "images", name),
        encode({ ...picture, data: image, channels: 3 }),
      );
      await Deno.writeFile(
        join(folder, "data", "labels", name),
        encode({ ...picture, data: label, channels: 1, palette }),
      );
    }
    const train = await run(
      folder,
      "train",
      ...["--data", "data", "--labels", "all", "--out", "run", "--postprocess", "none", ...FLAGS],
    );
    assert.equal(train.code, 0, train.error);
    const summary = await readJson(join(folder, "run", "summary.json"));
    assert.deepEqual(Object.keys(summary.labels), ["1", "2", "3"]);
    assert.ok(summary.foreground_mean.Dice > 0.75, `Dice ${summary.foreground_mean.Dice}`);
    const images = join("data", "images");
    const predict = await run(folder, "predict", "--run", "run", "--image", images, "--out", "m");
    assert.equal(predict.code, 0, predict.error);
    for (const { case: id, metrics } of summary.metric_per_case) {
      const read = async (...path: string[]) =>
        decodePngLabel(await Deno.readFile(join(folder, ...path)), []).data;
      const mask = await read("run", "predictions", `${id}.png`);
      assert.deepEqual(await read("m", `${id}.png`), mask);
      const label = await read("data", "labels", `${id}.png`);
      for (const value of [1, 2, 3]) {
        const dice = diceOf(mask, label, value);
        if (metrics[value].Dice !== null) {
          assert.ok(Math.abs(metrics[value].Dice - dice) < 1e-12, `${id} ${value}`);
        }
      }
    }
  }));

/** The small data sets of tests/fixtures/cases that are about images and labels. */

import assert from "node:assert/strict";
import { join } from "@std/path";
import {
  extractSlices,
  prepareSlices,
  resolveSliceSettings,
  SliceDataset,
} from "../../lib/slices/mod.ts";
import { InputError } from "../../lib/support/errors.ts";
import { inFolder } from "./support/data_set.ts";
import { CASES } from "./support/layouts.ts";
import { findingsOf, openAll } from "./support/open.ts";

Deno.test("openCase() says that a label is one-hot, and does not take its background", async () => {
  const [first] = await openAll(join(CASES, "onehot_only"));
  assert.equal(first!.case, null);
  assert.deepEqual(findingsOf(first!), [
    "error: label is one-hot: 2 volumes of 0 and 1, one per class",
  ]);
});

Deno.test("two channels, named classes and ignored voxels are prepared as nnU-Net means them", () =>
  inFolder(async (folder) => {
    const data = join(CASES, "Dataset007_Mine");
    const { manifest } = await extractSlices({ data, out: folder, labels: "all" });
    const { targets, channels } = manifest.settings;
    assert.deepEqual(targets, {
      kind: "classes",
      classes: [{ name: "PZ", values: [1] }, { name: "TZ", values: [2] }],
      ignore: [3],
    });
    assert.deepEqual([channels, manifest.channelNames], [2, ["T2", "ADC"]]);
    const dataset = await SliceDataset.open(folder, { cases: ["c_000"] });
    for await (const batch of dataset.batches({ batchSize: 5 })) {
      const { images, labels, keep, codes, height, width, records } = batch;
      assert.deepEqual([batch.channels, batch.classes], [2, 2]);
      assert.equal(images.length, 5 * height * width * 2);
      const count = (code: number) => codes.reduce((n, c) => n + Number(c === code), 0);
      // Voxels of values 1, 2 and 3 in labelsTr/c_000.nii.gz, counted by NumPy
      assert.deepEqual([count(1), count(2), count(255)], [110, 155, 45]);
      assert.equal(keep!.reduce((a, b) => a + b), codes.length - count(255));
      assert.deepEqual(
        [0, 1].map((k) => labels.filter((_, i) => i % 2 === k).reduce((a, b) => a + b)),
        [110, 155],
      );
      assert.equal(records.reduce((n, { foreground }) => n + foreground, 0), 110 + 155);
      assert.deepEqual(
        [0, 1].map((k) => records.reduce((n, { classes }) => n + classes[k]!, 0)),
        [110, 155],
      );
      const { image } = await dataset.get(2);
      const pixels = height * width;
      for (let i = 0; i < pixels; i++) {
        const at = 2 * (2 * pixels + i);
        assert.deepEqual([...images.subarray(at, at + 2)], [image[i], image[pixels + i]]);
      }
      // Each channel spans 0 to 1 by itself
      for (const c of [0, 1]) {
        const values = images.filter((_, i) => i % 2 === c);
        assert.ok(Math.min(...values) === 0 && Math.max(...values) > 0.999);
      }
    }
  }));

Deno.test("an image in small units spans 0 to 1 as any other", async () => {
  const [first] = await openAll(join(CASES, "adc_si"));
  const values = first!.case!.indices.flatMap((index) => [...first!.case!.slice(index).data]);
  assert.deepEqual([Math.min(...values), Math.max(...values)], [0, 1]);
});

Deno.test("the colours of masks are told apart, or a warning names them", async () => {
  const data = join(CASES, "png_twocolours");
  const [asOne] = await openAll(data);
  assert.deepEqual(findingsOf(asOne!), [
    "warning: label has 2 colours, #00ff00, #ff0000, treated as one object",
  ]);
  const [apart] = await openAll(data, { labels: "red=#ff0000;green=#00ff00" });
  assert.deepEqual(findingsOf(apart!), []);
  const { data: codes } = apart!.case!.label(0);
  const count = (code: number) => codes.filter((c) => c === code).length;
  assert.deepEqual([count(1), count(2)], [26, 35]); // pixels of img00.png, counted by Pillow
  const [all] = await openAll(data, { labels: "all" });
  assert.equal(all!.case!.label(0).data.filter((c) => c === 2).length, 26);
});

Deno.test("masks that went through JPEG are an error, and with a threshold masks again", async () => {
  const data = join(CASES, "jpgmask_as_png");
  const [first] = await openAll(data);
  assert.match(findingsOf(first!)[0]!, /^error: label has \d+ grey values, probably after JPEG/);
  const [cut] = await openAll(data, { threshold: 127 });
  assert.deepEqual(findingsOf(cut!), []);
  const share = cut!.case!.summary!.foreground;
  assert.ok(Math.abs(share - 79 / 768) < 1e-9, String(share));
});

Deno.test("of image and label of four dimensions the same frame is taken", async () => {
  const data = join(CASES, "cine_4d");
  const [both] = await openAll(data);
  assert.equal(both!.case, null);
  const [error] = both!.findings;
  assert.equal(error!.message, "image and label have 2 volumes each");
  assert.match(error!.hint, /--channel/);
  for (const frame of [0, 1]) {
    const [one] = await openAll(data, { channel: [frame] });
    assert.deepEqual(findingsOf(one!), []);
    const opened = one!.case!;
    assert.equal(opened.channels, 1);
    // The sum of the first index over the frame's foreground, by NumPy
    const sum = opened.indices.reduce((total, index) => {
      const { data, width } = opened.label(index);
      return total + data.reduce((n, code, i) => n + code * Math.floor(i / width), 0);
    }, 0);
    assert.equal(sum, [1625, 2777][frame]);
  }
});

Deno.test("values that are not finite name --fill, and with it make a normal preparation", () =>
  inFolder(async (folder) => {
    const data = join(CASES, "nan_background");
    const [first] = await openAll(data);
    assert.equal(first!.case, null);
    assert.match(
      first!.findings[0]!.message,
      /^image has \d+ values? that (is|are) NaN or infinite$/,
    );
    assert.match(first!.findings[0]!.hint, /--fill lowest/);
    await assert.rejects(extractSlices({ data, out: join(folder, "none") }), InputError);
    const { manifest } = await prepareSlices({
      data,
      out: join(folder, "filled"),
      isTrusted: true,
      settings: resolveSliceSettings({ fill: "lowest" }),
      onProgress: () => {},
    });
    assert.deepEqual(manifest.problems.filter(({ severity }) => severity === "error"), []);
    assert.equal(manifest.settings.fill, "lowest");
    const { low, high } = manifest.cases[0]!.intensities[0]!;
    assert.deepEqual([low, high], [132, 689]); // those of the finite voxels, by NumPy
  }));

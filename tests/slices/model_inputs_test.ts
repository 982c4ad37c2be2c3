import { encode } from "fast-png";
import assert from "node:assert/strict";
import { join } from "@std/path";
import * as v from "valibot";
import type { Case } from "../../lib/slices/case.ts";
import {
  compareInput,
  extractSlices,
  type ModelInputs,
  modelInputs,
  ModelInputsSchema,
  openCase,
  requireCase,
  type SliceSettings,
} from "../../lib/slices/mod.ts";
import { InputError } from "../../lib/support/errors.ts";
import { createVolume, writeVolume } from "../../lib/volume/mod.ts";
import { inFolder, writeDataSet } from "./support/data_set.ts";

const LEGACY = {
  axis: 1,
  format: "npy",
  channel: 0,
  labels: "foreground",
  size: [36, 40],
  fit: "pad-or-crop",
  clip: [1, 99],
  smallest: [36, 40],
};

Deno.test("ModelInputsSchema reads what older versions stored", () => {
  const inputs = v.parse(ModelInputsSchema, LEGACY);
  assert.deepEqual([inputs.orientation, inputs.channel, inputs.channels], ["stored", [0], 1]);
  assert.deepEqual([inputs.normalize, inputs.clip], ["percentile", [1, 99]]);
  assert.deepEqual(inputs.targets.classes, [{ name: "foreground", values: "above 0" }]);
  assert.deepEqual([inputs.trained, inputs.spacing, inputs.crop], [null, "stored", "none"]);
  const plain = v.parse(ModelInputsSchema, { ...LEGACY, clip: null, labels: [1, 2], channel: 3 });
  assert.deepEqual([plain.normalize, plain.labels, plain.channel], ["minmax", "1,2", [3]]);
  assert.deepEqual(plain.targets.classes, [{ name: "1,2", values: [1, 2] }]);
});

const targetsOf = (kind: string, count: number) => ({
  ...{ kind, ignore: [] },
  classes: Array.from({ length: count }, (_, i) => ({ name: `c${i}`, values: [i + 1] })),
});

Deno.test("ModelInputsSchema refuses sizes and numbers that nobody means", () => {
  const wrong: Record<string, unknown>[] = [
    { size: [65536, 65536] },
    { size: [16384, 16384] },
    { smallest: [1e308, 4] },
    { smallest: [65536, 65536] },
    { channel: 1e9 },
    { targets: { kind: "classes", classes: [], ignore: [] } },
    { spacing: [0, 1] },
    { foreground: [{ low: 0, high: NaN, mean: 0, deviation: 1 }] },
    { targets: targetsOf("classes", 255) },
    { targets: targetsOf("regions", 8) },
    { channels: 0 },
  ];
  for (const change of wrong) {
    const result = v.safeParse(ModelInputsSchema, { ...LEGACY, ...change });
    assert.equal(result.success, false, JSON.stringify(change));
  }
  const most: Record<string, unknown>[] = [{ targets: targetsOf("classes", 254) }];
  for (const change of [...most, { targets: targetsOf("regions", 7) }, { channels: 1 }]) {
    assert.ok(v.safeParse(ModelInputsSchema, { ...LEGACY, ...change }).success);
  }
  for (const value of [null, 7, "x", [], {}]) {
    assert.equal(v.safeParse(ModelInputsSchema, value).success, false);
  }
});

/** Inputs of a model that was trained on two volumes of 8×9×4 voxels, values 0 to 100. */
async function withInputs(
  settings: Partial<SliceSettings>,
  use: (inputs: ModelInputs, folder: string) => Promise<void>,
): Promise<void> {
  await inFolder(async (folder) => {
    const shape = [8, 9, 4];
    const image = (i: number) => (i * 31) % 101;
    await writeDataSet(folder, [
      { id: "a", shape, image },
      { id: "b", shape, image: (i) => image(i + 7), label: (i) => i % 2 },
      { id: "c", shape: [20, 9, 4], image: (i) => 10 * image(i + 9) },
    ]);
    const { manifest } = await extractSlices({
      data: folder,
      out: join(folder, "out"),
      ...settings,
    });
    await use(modelInputs(manifest, ["a", "b"]), folder);
  });
}

Deno.test("modelInputs() describes the training cases alone, and can be stored", () =>
  withInputs({}, (inputs) => {
    assert.deepEqual(inputs.trained, {
      kind: "volume",
      channelNames: [],
      orientations: ["RAS"],
      spacing: [1, 1],
      slices: { smallest: [8, 9], largest: [8, 9] },
      intensities: [{ low: 0, high: 100, spans: { low: 100, high: 100 } }],
    });
    assert.deepEqual([inputs.smallest, inputs.channels], [[20, 12], 1]);
    assert.deepEqual(v.parse(ModelInputsSchema, JSON.parse(JSON.stringify(inputs))), inputs);
    return Promise.resolve();
  }));

Deno.test("modelInputs() keeps height and width apart, and the extremes of cases that differ", () =>
  inFolder(async (folder) => {
    await writeDataSet(folder, [
      { id: "a", shape: [8, 9, 2], spacing: [2, 3, 5], image: (i) => i % 101 },
      { id: "b", shape: [12, 6, 2], spacing: [2, 3, 5], image: (i) => 50 + i % 11 },
      { id: "c", shape: [10, 7, 2], spacing: [4, 3, 5], image: (i) => -5 + i % 21 },
    ]);
    const { manifest } = await extractSlices({ data: folder, out: join(folder, "out") });
    const { trained } = modelInputs(manifest, ["a", "b", "c"]);
    assert.deepEqual(trained!.spacing, [2, 3]); // the medians; rows run along x
    assert.deepEqual(trained!.slices, { smallest: [8, 6], largest: [12, 9] });
    assert.deepEqual(trained!.intensities, [
      { low: -5, high: 100, spans: { low: 10, high: 100 } },
    ]);
  }));

/** Writes and opens a volume as a model's input. */
async function given(
  inputs: ModelInputs,
  folder: string,
  {
    shape = [8, 9, 4],
    spacing = 1,
    mirrored = false,
    value = (i: number) => (i * 31) % 101,
    wide = 0,
  },
): Promise<Case> {
  const data = Float32Array.from({ length: shape.reduce((a, b) => a * b) }, (_, i) => value(i));
  const like = createVolume({
    data,
    shape,
    spacing: [spacing, wide || spacing, 2],
    affine: [
      [mirrored ? -spacing : spacing, 0, 0, 0],
      [0, wide || spacing, 0, 0],
      [0, 0, 2, 0],
      [0, 0, 0, 1],
    ],
  });
  await writeVolume(join(folder, "x.nii"), { data, like });
  const files = [{ index: 0, images: ["x.nii"], label: null }];
  const source = { id: "x", kind: "volume", folder, files } as const;
  const unchecked = { ...inputs, channels: null };
  return requireCase(
    await openCase(source, unchecked, { labels: false, normalized: true }),
    source,
  );
}

function told(inputs: ModelInputs, opened: Case): string[] {
  return compareInput(inputs, opened).map(({ severity, message }) => `${severity}: ${message}`);
}

Deno.test("compareInput() names what is unlike the training's images", () =>
  withInputs({ orientation: "stored" }, async (inputs, folder) => {
    const like = (options: Parameters<typeof given>[2]) => given(inputs, folder, options);
    assert.deepEqual(told(inputs, await like({})), []);
    assert.deepEqual(told(inputs, await like({ mirrored: true })), [
      "error: orientation is LAS, that of the training images RAS",
    ]);
    assert.deepEqual(told(inputs, await like({ spacing: 1.4 })), []);
    assert.deepEqual(told(inputs, await like({ spacing: 1.6 })), [
      "warning: pixels are 1.6×1.6 mm, those of the training images 1×1 mm",
    ]);
    assert.deepEqual(told(inputs, await like({ wide: 1.6 })), [
      "warning: pixels are 1×1.6 mm, those of the training images 1×1 mm",
    ]);
    assert.deepEqual(told(inputs, await like({ spacing: 0.6 })), [
      "warning: pixels are 0.6×0.6 mm, those of the training images 1×1 mm",
    ]);
    assert.deepEqual(told(inputs, await like({ shape: [8, 14, 4] })), [
      "warning: slices have 8×14 pixels, those of the training images 8×9",
    ]);
    assert.deepEqual(told(inputs, await like({ shape: [5, 9, 4] })), [
      "warning: slices have 5×9 pixels, those of the training images 8×9",
    ]);
    assert.deepEqual(told(inputs, await like({ value: (i) => i % 100 - 1024 })), [
      "warning: values are -1024 to -925, those of the training images 0 to 100",
    ]);
    assert.deepEqual(told(inputs, await like({ value: (i) => i % 9 })), [
      "warning: values are 0 to 8, those of the training images 0 to 100",
    ]);
    assert.deepEqual(told(inputs, await like({ value: (i) => 3 * (i % 100) })), [
      "warning: values are 0 to 297, those of the training images 0 to 100",
    ]);
    assert.deepEqual(told(inputs, await like({ value: (i) => i % 50 })), []);
    assert.match(
      told(inputs, await like({ shape: [8, 9, 4, 2] }))[0]!,
      /^error: image has 2 channels, the model was trained on 1: channel 0$/,
    );
    assert.deepEqual(told({ ...inputs, trained: null }, await like({ mirrored: true })), []);
  }));

Deno.test("compareInput() measures from the smallest and the largest of the training's images", () =>
  withInputs({}, async (plain, folder) => {
    const trained = {
      ...plain.trained!,
      slices: { smallest: [8, 9] as [number, number], largest: [16, 18] as [number, number] },
      intensities: [{ low: 0, high: 100, spans: { low: 20, high: 100 } }],
    };
    const inputs = { ...plain, trained };
    const of = async (options: Parameters<typeof given>[2]) =>
      told(inputs, await given(inputs, folder, options));
    // Half as large again, or two thirds as large, is far: 8 / 1.5 = 5.3 and 16 * 1.5 = 24
    for (const shape of [[8, 9, 4], [16, 18, 4], [6, 9, 4], [24, 27, 4]]) {
      assert.deepEqual(await of({ shape }), []);
    }
    for (const [h, w] of [[5, 9], [8, 5], [25, 9], [8, 28]]) {
      assert.deepEqual(await of({ shape: [h!, w!, 4] }), [
        `warning: slices have ${h}×${w} pixels, those of the training images 8×9 to 16×18`,
      ]);
    }
    // As far below as the narrowest image is wide, as far above as the widest is
    const ranges = [[-20, 200], [0, 200], [0, 2], [-21, 190], [0, 201], [0, 1]] as const;
    const found: unknown[] = [];
    for (const [low, high] of ranges) {
      found.push((await of({ value: (i) => low + i % (high - low + 1) })).join());
    }
    found.push(
      await of({ value: (i) => (i % 20) / 10 }),
      await of({ value: (i) => (i % 21) / 10 }),
    );
    assert.deepEqual(found.splice(-2).map(String), [
      "warning: values are 0 to 1.9, those of the training images 0 to 100",
      "",
    ]);
    assert.deepEqual(found, [
      ...["", "", ""],
      "warning: values are -21 to 190, those of the training images 0 to 100",
      "warning: values are 0 to 201, those of the training images 0 to 100",
      "warning: values are 0 to 1, those of the training images 0 to 100",
    ]);
  }));

Deno.test("compareInput() lets a model that turns its images see any orientation", () =>
  withInputs({}, async (inputs, folder) => {
    assert.deepEqual(told(inputs, await given(inputs, folder, { mirrored: true })), []);
  }));

Deno.test("a model knows its channels, and refuses other images", () =>
  withInputs({}, async (inputs, folder) => {
    const source = {
      id: "x",
      kind: "volume",
      folder,
      files: [{ index: 0, images: ["x.nii"], label: null }],
    } as const;
    await given(inputs, folder, { shape: [8, 9, 4, 2] });
    const wants = { labels: false, normalized: true };
    const opened = await openCase(source, inputs, wants);
    assert.throws(() => requireCase(opened, source), (error) => {
      assert.ok(error instanceof InputError);
      return /image has 2 channels, 1 is needed/.test(error.message);
    });
  }));

Deno.test("compareInput() names channels by their place in the image, and by name", () =>
  withInputs({}, async (inputs, folder) => {
    const trained = { ...inputs.trained!, channelNames: ["T2", "ADC"] };
    const second: ModelInputs = { ...inputs, channel: [1], trained };
    const both = await given(second, folder, { shape: [8, 9, 4, 2], value: (i) => i % 9 });
    assert.deepEqual([both.channels, both.storedChannels], [1, 2]);
    const all: ModelInputs = { ...inputs, channels: 2, trained };
    assert.deepEqual(told(all, await given(inputs, folder, {})), [
      "error: image has 1 channel, the model was trained on 2: channel 0 (T2), channel 1 (ADC)",
    ]);
    const turned: ModelInputs = { ...all, channel: [1, 0] };
    assert.match(
      told(turned, await given(inputs, folder, {}))[0]!,
      /channel 1 \(ADC\), channel 0 \(T2\)$/,
    );
    const range = trained.intensities[0]!;
    const two: ModelInputs = { ...all, trained: { ...trained, intensities: [range, range] } };
    const opened = await given(two, folder, { shape: [8, 9, 4, 2], value: (i) => i % 9 });
    assert.deepEqual(told(two, opened), [
      "warning: values of channel 0 (T2) are 0 to 8, those of the training images 0 to 100",
      "warning: values of channel 1 (ADC) are 0 to 8, those of the training images 0 to 100",
    ]);
  }));

Deno.test("compareInput() does not let an older model take the red channel in silence", () =>
  inFolder(async (folder) => {
    const inputs = v.parse(ModelInputsSchema, { ...LEGACY, size: "pad", smallest: [8, 8] });
    const picture = async (channels: number, from = inputs) => {
      const data = Uint8Array.from({ length: 8 * 8 * channels }, (_, i) => i * 37 & 255);
      await Deno.writeFile(
        join(folder, "x.png"),
        Uint8Array.from(encode({ data, height: 8, width: 8, channels })),
      );
      const files = [{ index: 0, images: ["x.png"], label: null }];
      const source = { id: "x", kind: "pictures", folder, files } as const;
      const wants = { labels: false, normalized: true };
      return requireCase(await openCase(source, from, wants), source);
    };
    assert.deepEqual(told(inputs, await picture(1)), []);
    assert.deepEqual(told(inputs, await picture(3)), [
      "error: picture has 3 channels, the model was trained on 1, and its settings do not " +
      "define which",
    ]);
    const green = v.parse(ModelInputsSchema, { ...LEGACY, channel: 1, smallest: [8, 8] });
    assert.deepEqual(told(green, await picture(3, green)), []);
  }));

Deno.test("modelInputs() takes more slices than a call takes arguments", () =>
  inFolder(async (folder) => {
    await writeDataSet(folder, [{ id: "a" }]);
    const { manifest } = await extractSlices({ data: folder, out: join(folder, "out") });
    const [slice] = manifest.slices;
    const crop = { ...slice!.geometry.crop, height: 3 };
    const other = { ...slice!, geometry: { ...slice!.geometry, crop } };
    const slices = [other, ...Array.from({ length: 200_000 }, () => slice!)];
    const { trained } = modelInputs({ ...manifest, slices }, ["a"]);
    const { height, width } = slice!.geometry.crop;
    assert.deepEqual(trained!.slices.smallest, [3, width]);
    assert.deepEqual(trained!.slices.largest, [height, width]);
  }));

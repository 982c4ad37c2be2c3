import assert from "node:assert/strict";
import { join } from "@std/path";
import {
  declaredValues,
  NO_DESCRIPTION,
  parseDescription,
  readDescription,
} from "../../../lib/slices/discovery/dataset_description.ts";
import { InputError } from "../../../lib/support/errors.ts";
import { inFolder } from "../support/data_set.ts";

Deno.test("parseDescription() reads the Decathlon's form", () => {
  const description = parseDescription({
    name: "PROSTATE",
    modality: { "1": "ADC", "0": "T2" },
    labels: { "0": "background", "2": "TZ", "1": "PZ" },
    training: [{ image: "a", label: "b" }],
  });
  assert.deepEqual(description, {
    labels: [{ name: "PZ", values: [1] }, { name: "TZ", values: [2] }],
    ignore: [],
    regionsClassOrder: null,
    channelNames: ["T2", "ADC"],
    training: [{ image: "a", label: "b" }],
  });
  assert.deepEqual(declaredValues(description), [0, 1, 2]);
});

Deno.test("parseDescription() reads nnU-Net's form: regions, ignore, channels", () => {
  const description = parseDescription({
    channel_names: { "0": "FLAIR", "1": "T1w", "10": "x", "2": "T1gd" },
    labels: { background: 0, whole: [1, 2, 3], core: [2, 3], enhancing: "3", Ignore: 4 },
    regions_class_order: [1, 2, 3],
    numTraining: 4,
  });
  assert.deepEqual(description.labels, [
    { name: "whole", values: [1, 2, 3] },
    { name: "core", values: [2, 3] },
    { name: "enhancing", values: [3] },
  ]);
  assert.deepEqual(description.ignore, [4]);
  assert.deepEqual(description.regionsClassOrder, [1, 2, 3]);
  assert.deepEqual(description.channelNames, ["FLAIR", "T1w", "T1gd", "x"]);
  assert.equal(description.training, null);
  assert.deepEqual(declaredValues(description), [0, 1, 2, 3, 4]);
});

Deno.test("parseDescription() passes over what it does not understand", () => {
  for (
    const content of [
      {},
      { labels: null, training: [], channel_names: 3, regions_class_order: ["a"] },
      { labels: { a: {}, b: [null], c: Infinity }, modality: { x: "y", "0": 7 }, dataset: 1 },
      { labels: { background: "zero" } },
    ]
  ) assert.deepEqual(parseDescription(content), NO_DESCRIPTION, JSON.stringify(content));
  assert.equal(declaredValues(NO_DESCRIPTION), null);
});

Deno.test("readDescription() takes a byte order mark, and says what is no description", () =>
  inFolder(async (folder) => {
    assert.deepEqual(await readDescription(folder), NO_DESCRIPTION);
    const path = join(folder, "dataset.json");
    await Deno.writeTextFile(path, '\uFEFF{"labels": {"0": "background", "5": "lesion"}}');
    assert.deepEqual((await readDescription(folder)).labels, [{ name: "lesion", values: [5] }]);
    const wrong = { "{": "not JSON", "null": "not a JSON object", "[]": "not a JSON object" };
    for (const [text, why] of Object.entries({ ...wrong, "": "it is empty" })) {
      await Deno.writeTextFile(path, text);
      await assert.rejects(readDescription(folder), (error) => {
        assert.ok(error instanceof InputError, text);
        assert.match(error.message, RegExp(`^Cannot read the data set's description: ${why}`));
        assert.match(error.hint, text === "" ? /again/ : /^Correct the file, or remove it/);
        return true;
      });
    }
    await Deno.remove(path);
    await Deno.mkdir(path);
    await assert.rejects(readDescription(folder), /Cannot read the data set's description: /);
  }));

Deno.test("parseDescription() takes channels by their number, also where it is written 0001", () => {
  const { channelNames } = parseDescription({ channel_names: { "0001": "ADC", "0000": "T2" } });
  assert.deepEqual(channelNames, ["T2", "ADC"]);
});

import assert from "node:assert/strict";
import { join } from "@std/path";
import { readSplitsFile, type SplitsFileOptions } from "../../../lib/slices/mod.ts";
import { inFolder } from "../support/data_set.ts";

const cases = ["a", "b", "c", "d", "e"];
const plain = {
  cases,
  unusable: [],
  fold: 0,
  validation: 0.2,
  seed: 0,
  patientOf: (id: string) => id,
};

/** Reads a file of this content. */
async function read(content: unknown, options: Partial<SplitsFileOptions> = {}) {
  let split: Awaited<ReturnType<typeof readSplitsFile>> | undefined;
  await inFolder(async (folder) => {
    const path = join(folder, "splits.json");
    await Deno.writeTextFile(path, typeof content === "string" ? content : JSON.stringify(content));
    const { file, ...rest } = await readSplitsFile(path, { ...plain, ...options });
    assert.equal(file, path);
    split = rest;
  });
  return split!;
}

Deno.test("a split of case ids is taken as it is, the split.json of a run too", async () => {
  const split = { train: ["c", "a", "b"], validation: ["d"], test: ["e"] };
  const expected = { seed: 0, train: ["a", "b", "c"], validation: ["d"], test: ["e"] };
  assert.deepEqual(await read(split), expected);
  assert.deepEqual(await read({ seed: 7, ...split, folds: 3, fold: 1 }), expected);
  assert.deepEqual((await read({ train: cases, validation: [] })).validation, []);
  assert.deepEqual(
    await read({ train: ["a", "b"], val: ["c"], test: ["d"], unused: ["e"] }),
    { seed: 0, train: ["a", "b"], validation: ["c"], test: ["d"] },
  );
});

Deno.test("nnU-Net's splits hold out val, and a share of train chooses the best epoch", async () => {
  const folds = cases.map((id) => ({ train: cases.filter((other) => other !== id), val: [id] }));
  for (const [fold, id] of cases.entries()) {
    const split = await read(folds, { fold, validation: 0.25, seed: 3 });
    assert.deepEqual([split.test, split.folds, split.fold, split.seed], [[id], 5, fold, 3]);
    assert.equal(split.validation.length, 1);
    assert.deepEqual([...split.train, ...split.validation, id].sort(), cases);
    assert.deepEqual(await read(folds, { fold, validation: 0.25, seed: 3 }), split);
  }
  const many = Array.from({ length: 8 }, (_, i) => `case_${i}`);
  const half = await read({ train: many }, { cases: many, validation: 0.5 });
  assert.deepEqual([half.train.length, half.validation.length], [4, 4]);
  assert.equal((await read(folds, { validation: 0 })).train.length, 4);
  await assert.rejects(
    read(folds, { fold: 5 }),
    /no fold 5, the file holds 5 splits, 0 to 4: .*js/,
  );
  await assert.rejects(read(folds[0], { fold: 1 }), /no fold 1, the file holds 1 split: /);
});

Deno.test("unknown, missing and repeated ids are reported together", async () => {
  const wrong = read({ train: ["a", "b", "bb_17", "b"], val: ["a", "case"], test: ["c"] }, {
    cases: [...cases, "bb_71"],
  });
  await assert.rejects(wrong, (error: Error & { hint: string }) => {
    assert.equal(error.name, "InputError");
    for (
      const part of [
        "2 ids not in the data set: bb_17 (did you mean bb_71?), case",
        "more than once: a (train, validation), b (train, train)",
        "in no part: d, e, bb_71",
      ]
    ) assert.ok(error.message.includes(part), `${error.message} lacks ${part}`);
    assert.match(error.hint, /unused/);
    return true;
  });
});

Deno.test("cases that cannot be used may be named, and are left out", async () => {
  const content = { train: ["a", "b", "broken"], validation: ["c"], test: ["d", "e"] };
  await assert.rejects(read(content), /not in the data set: broken/);
  assert.deepEqual((await read(content, { unusable: ["broken"] })).train, ["a", "b"]);
  await assert.rejects(
    read({ ...content, train: ["broken"], unused: ["a", "b"] }, { unusable: ["broken"] }),
    /no case is left to train on/,
  );
});

Deno.test("a splits file may leave out all others", async () => {
  const content = { train: ["a"], validation: ["b"], test: ["c"], unused: "others" };
  const { train, validation, test } = await read(content);
  assert.deepEqual([train, validation, test], [["a"], ["b"], ["c"]]);
  await assert.rejects(read({ ...content, test: ["f"] }), /not in the data set: f/);
});

Deno.test("a file of another shape is an input error that shows the shapes", async () => {
  for (const content of ["{", "[]", "{}", '{"train": "a"}', "[[1]]", "3", '[{"train": [1]}]']) {
    await assert.rejects(read(content), {
      name: "InputError",
      message: /^Cannot read splits: /,
      hint: /splits_final\.json/,
    });
  }
  await assert.rejects(readSplitsFile("no/such.json", plain), /no such file.*no\/such\.json/);
});

Deno.test("readSplitsFile() takes whole patients for validation, and records them", async () => {
  const ids = ["p1_a", "p1_b", "p2_a", "p2_b", "p3_a"];
  const patientOf = (id: string) => id.slice(0, 2);
  const splits = [{ train: ids.slice(0, 4), val: ids.slice(4) }];
  for (const seed of [0, 1, 2, 3]) {
    const split = await read(splits, { cases: ids, patientOf, seed, validation: 0.25 });
    assert.deepEqual(
      split.validation.map(patientOf),
      [...Array(2)].map(() => patientOf(split.validation[0]!)),
    );
    assert.deepEqual(split.patients, {
      ...{ p1_a: "p1", p1_b: "p1", p2_a: "p2", p2_b: "p2", p3_a: "p3" },
    });
  }
});

Deno.test("readSplitsFile() names a few ids of another data set, without guesses", async () => {
  const train = Array.from({ length: 9 }, (_, i) => `other_${i}`);
  await assert.rejects(
    read({ train, unused: "others" }),
    /: 9 ids not in the data set: other_0, other_1, other_2, other_3, other_4 and 4 more: /,
  );
});

Deno.test("readSplitsFile() reads a file with a byte order mark", async () => {
  const split = await read(`\uFEFF${JSON.stringify({ train: cases, validation: [] })}`);
  assert.deepEqual(split.train, cases);
});

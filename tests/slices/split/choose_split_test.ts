import assert from "node:assert/strict";
import { join } from "@std/path";
import * as v from "valibot";
import { chooseSplit } from "../../../lib/slices/split/choose_split.ts";
import { SplitSettingsSchema } from "../../../lib/slices/split/split_keys.ts";
import { inFolder } from "../support/data_set.ts";

const settings = { ...v.getDefaults(SplitSettingsSchema), seed: 0 } as
  & v.InferOutput<typeof SplitSettingsSchema>
  & { seed: number };
const ids = ["a", "b", "c", "d", "e"].flatMap((id) => [`${id}_frame01`, `${id}_frame02`]);

Deno.test("chooseSplit() keeps patients whole by default, and says so", async () => {
  for (const seed of [0, 1, 2, 3, 4, 5]) {
    const { split, problems } = await chooseSplit({ ...settings, seed }, ids, []);
    for (const part of [split.train, split.validation, split.test]) {
      for (const id of part) {
        assert.ok(part.includes(`${id[0]}_frame01`) && part.includes(`${id[0]}_frame02`));
      }
    }
    assert.equal(split.patients?.["c_frame02"], "c");
    assert.deepEqual(problems.map(({ severity, message }) => `${severity}: ${message}`), [
      "warning: 10 cases share a stem of their names and are split as 5 patients: " +
      "a (2 cases), b (2 cases), c (2 cases) and 2 more",
    ]);
  }
});

Deno.test("chooseSplit() warns where cases of one stem are said to be different patients", async () => {
  const apart = await chooseSplit({ ...settings, patients: "case" }, ids, []);
  assert.equal(apart.split.patients, undefined);
  assert.match(
    apart.problems[0]!.message,
    /^10 cases share a stem .*, but not their patient: a \(2/,
  );
  const quiet = await chooseSplit({ ...settings, patients: "^." }, ids, []);
  assert.deepEqual(quiet.problems, []);
  const plain = await chooseSplit(settings, ["x", "y", "z"], []);
  assert.deepEqual(plain.problems, []);
});

Deno.test("chooseSplit() warns of a splits file that tears a patient", () =>
  inFolder(async (folder) => {
    const splits = join(folder, "splits.json");
    const [held, ...train] = ids;
    await Deno.writeTextFile(splits, JSON.stringify({ train, validation: [], test: [held] }));
    const { split, problems } = await chooseSplit({ ...settings, splits, patients: "^." }, ids, []);
    assert.deepEqual(split.test, ["a_frame01"]);
    assert.deepEqual(problems.map(({ message }) => message), [
      "1 patient in several parts of the split: a (train, test)",
    ]);
  }));

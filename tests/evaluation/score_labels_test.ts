import assert from "node:assert/strict";
import { classSuffixes } from "../../lib/evaluation/score_labels.ts";

Deno.test("classSuffixes numbers the classes if two of them have one name in files", () => {
  const suffixes = (...names: string[]) =>
    classSuffixes("_p", {
      kind: "classes",
      classes: names.map((name, i) => ({ name, values: [i + 1] })),
      ignore: [],
    });
  assert.deepEqual(suffixes("a b"), ["_p"]);
  assert.deepEqual(suffixes("a b", "c"), ["_p_a-b", "_p_c"]);
  assert.deepEqual(suffixes("c", "a b", "a/b"), ["_p_c-1", "_p_a-b-2", "_p_a-b-3"]);
  // Numbers of names are not taken for those of places
  assert.deepEqual(suffixes("a b", "a/b", "a b 2"), ["_p_a-b-1", "_p_a-b-2", "_p_a-b-2-3"]);
  assert.deepEqual(suffixes("A", "a"), ["_p_A-1", "_p_a-2"]);
});

import assert from "node:assert/strict";
import { join } from "@std/path";
import { evaluationFolder } from "../../../tasks/support/evaluation_folder.ts";

Deno.test("evaluationFolder() gives what differs folders of their own", () => {
  const test = { split: "test", weights: "best" };
  assert.equal(evaluationFolder("run", test), "run");
  const others = [
    { ...test, weights: "last" },
    { ...test, split: "validation" },
    { ...test, data: "sets/other" },
    { ...test, data: "sets/other", weights: "last" },
    { ...test, cases: "all" },
    { ...test, cases: "all", weights: "last" },
    { ...test, cases: "all", data: "sets/other" },
    { ...test, cases: "all", data: "sets/other", weights: "last" },
  ];
  assert.deepEqual(others.map((scored) => evaluationFolder("run", scored)), [
    join("run", "evaluation-test-last"),
    join("run", "evaluation-validation-best"),
    join("run", "evaluation-test-best-other"),
    join("run", "evaluation-test-last-other"),
    join("run", "evaluation-all"),
    join("run", "evaluation-all-last"),
    join("run", "evaluation-other"),
    join("run", "evaluation-other-last"),
  ]);
});

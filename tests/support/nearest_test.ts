import assert from "node:assert/strict";
import { nearest } from "../../lib/support/nearest.ts";

Deno.test("nearest() finds what was meant, whatever the case, and nothing where nothing is near", () => {
  const known = ["learningRate", "epochs", "batchSize", "seed"];
  assert.equal(nearest("lerning-rate", known), "learningRate");
  assert.equal(nearest("EPOCH", known), "epochs");
  assert.equal(nearest("sed", known), "seed");
  // Two letters, or every third one, may be wrong
  assert.deepEqual(["sxxd", "sxxx"].map((name) => nearest(name, known)), ["seed", undefined]);
  const long = ["learningXXXX", "learninXXXXX"].map((name) => nearest(name, known));
  assert.deepEqual(long, ["learningRate", undefined]);
  assert.equal(nearest("momentum", known), undefined);
  assert.equal(nearest("", known), undefined);
  assert.equal(nearest("x", []), undefined);
});

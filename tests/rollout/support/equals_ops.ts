import * as tf from "@tensorflow/tfjs";
import assert from "node:assert/strict";
import { OpsEngine } from "../../../lib/rollout/ops/ops_engine.ts";
import { relativeError } from "../../fixtures/parity.ts";
import { type Example, runExample } from "./examples.ts";

/** Asserts that an engine's results of an example are those of plain tfjs ops. */
export async function assertEqualsOps(
  example: Example,
  actual: Map<string, Float32Array>,
): Promise<void> {
  await tf.setBackend("cpu");
  const expected = await runExample(new OpsEngine(), example);
  assert.deepEqual([...actual.keys()], [...expected.keys()]);
  for (const [what, values] of actual) {
    // Zero in exact arithmetic, noise in that of the plain ops.
    const cancels = /perception\.bias|fc1\.bias/.test(what);
    if (cancels || expected.get(what)!.every((value) => value === 0)) {
      assert(values.every((value) => value === 0), what);
    } else {
      const error = relativeError(values, expected.get(what)!);
      assert(error < 2e-5, `${what}: ${error}`);
    }
  }
}

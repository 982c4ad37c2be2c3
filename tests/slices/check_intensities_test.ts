import assert from "node:assert/strict";
import { checkContrast } from "../../lib/slices/check_intensities.ts";
import type { Finding } from "../../lib/slices/discovery/case_source.ts";

function found(data: Float32Array, low: number, high: number): Finding[] {
  const findings: Finding[] = [];
  checkContrast(data, { low, high }, findings);
  return findings;
}

Deno.test("checkContrast says whether all values are equal, or all within the percentiles", () => {
  const flat = Float32Array.of(3, 3, NaN, 3);
  assert.deepEqual(found(flat, 3, 3), [
    { severity: "error", message: "image is constant: every value is 3", hint: "" },
  ]);
  const sparse = new Float32Array(1000);
  sparse[7] = 12;
  assert.deepEqual(found(sparse, 0, 0), [{
    severity: "error",
    message: "image is constant but for a few values: both percentiles are 0",
    hint: "Keep the few values with --normalize minmax, or a wider --clip",
  }]);
  assert.deepEqual(found(Float32Array.of(0, 1, 2, 3), 0, 3), []);
});

import assert from "node:assert/strict";
import { checkContrast, fillMissing } from "../../lib/slices/check_intensities.ts";
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

Deno.test("checkContrast warns of values in a thousandth of the range, but for a few and the ends", () => {
  // In steps of a hundredth of a thousandth of the range
  const of = (step: number, low = -8, high = 4.5) => {
    const narrow = (i: number) => low + (high - low) * (0.5 + i * step * 1e-5);
    const data = Float32Array.from(
      { length: 100 },
      (_, i) => i < 9 ? [low, high][i % 2]! : narrow(i),
    );
    return found(data, low, high).map(({ severity, message, hint }) => [severity, message, hint]);
  };
  const message = "most values lie within a thousandth of the range -8 to 4.5";
  const clip = "Clip the few brightest or darkest voxels with --normalize percentile";
  assert.deepEqual(of(1), [["warning", message, clip]]);
  assert.deepEqual(of(3), []);
  assert.match(of(1, -3e38, 1)[0]!.join(), /range -3e\+38 to 1,Give the .* with --fill lowest$/);
  // Two grey levels that are equally frequent; a hundred values, one of which lies between
  assert.deepEqual(found(Float32Array.of(0, 0.25, 0.25, 0.75, 0.75, 1), 0, 1), []);
  const ends = Float32Array.from({ length: 200 }, (_, i) => i === 0 ? 0.5 : i % 2);
  assert.deepEqual(found(ends, 0, 1), []);
  assert.equal(found(ends.with(1, 0.5), 0, 1).length, 1);
});

Deno.test("fillMissing fills NaN and infinity, and the lowest float32, or counts what has no value", () => {
  const data = () => Float32Array.of(NaN, 3, -3e38, Infinity, -2);
  const fill = (how: Parameters<typeof fillMissing>[1], values = data()) => {
    const findings: Finding[] = [];
    fillMissing(values, how, findings);
    return findings.map(({ message }) => message).join() || [...values].join();
  };
  assert.equal(fill("lowest"), "-2,3,-2,-2,-2");
  assert.equal(fill("zero"), "0,3,0,0,-2");
  assert.equal(fill(7), "7,3,7,7,-2");
  assert.equal(fill("error"), "image has 2 values that are NaN or infinite");
  assert.equal(
    fill("error", Float32Array.of(-9, NaN)),
    "image has 1 value that is NaN or infinite",
  );
  assert.equal(fill("zero", Float32Array.of(NaN, NaN)), "image has no finite value");
  assert.equal(fill("lowest", Float32Array.of(-9, 1, NaN)), "-9,1,-9");
});

import fc from "fast-check";
import assert from "node:assert/strict";
import { InputError } from "../../lib/support/errors.ts";
import { normalize } from "../../lib/slices/mod.ts";
import { intensityRange, percentiles } from "../../lib/slices/normalize.ts";

Deno.test("normalised values span [0, 1] and keep their order", () => {
  const finite = fc.float32Array({ minLength: 2, noNaN: true, noDefaultInfinity: true });
  fc.assert(fc.property(finite, (data) => {
    const result = normalize(data);
    const { low, high } = intensityRange(data);
    for (let i = 0; i < data.length; i++) {
      assert.ok(result[i]! >= 0 && result[i]! <= 1);
      if (data[i] === low) assert.equal(result[i], 0);
      if (data[i] === high && high - low > 1) assert.ok(result[i]! > 0.9999999);
      if (i > 0 && data[i]! >= data[i - 1]!) assert.ok(result[i]! >= result[i - 1]!);
    }
  }));
});

Deno.test("values that are not finite become 0 and do not count", () => {
  const data = Float32Array.of(NaN, 10, Infinity, 30, -Infinity, 20);
  assert.deepEqual(intensityRange(data), { low: 10, high: 30 });
  assert.deepEqual(normalize(data), Float32Array.of(0, 0, 0, 1, 0, 0.5));
});

Deno.test("normalize adds the tutorial's 1e-8 to a span from 1e-4 on, and to no smaller one", () => {
  const most = (span: number) => normalize(Float32Array.of(0, span))[1]!;
  assert.equal(most(0.99e-4), 1);
  assert.ok(Math.abs(most(1.01e-4) - 1.01e-4 / (1.01e-4 + 1e-8)) < 1e-7 && most(1.01e-4) < 1);
});

Deno.test("a constant volume, and one without a finite value, become zeros", () => {
  assert.deepEqual(normalize(new Float32Array(3).fill(7)), new Float32Array(3));
  const data = new Float32Array(3).fill(NaN);
  assert.deepEqual(intensityRange(data), { low: NaN, high: NaN });
  assert.deepEqual(normalize(data), new Float32Array(3));
});

Deno.test("a range beyond float32 is still scaled", () => {
  assert.deepEqual(normalize(Float32Array.of(-3e38, 0, 3e38)), Float32Array.of(0, 0.5, 1));
});

Deno.test("clipping keeps the contrast of all others where one voxel is hot", () => {
  const data = Float32Array.from({ length: 1001 }, (_, i) => i === 1000 ? 1e6 : i / 10);
  assert.ok(normalize(data)[500]! < 1e-4);
  const clipped = normalize(data, { normalize: "percentile", clip: [0.5, 99.5] });
  assert.ok(Math.abs(clipped[500]! - 0.5) < 0.01);
  assert.equal(clipped[1000], 1);
  assert.equal(clipped[0], 0);
});

Deno.test("percentiles lie between neighbours, as NumPy's, and pass over what is not finite", () => {
  // numpy.percentile([10, 20, 30, 40], [10, 75])
  assert.deepEqual(percentiles(Float32Array.of(40, NaN, 10, 30, 20), [10, 75]), [13, 32.5]);
});

Deno.test("percentiles out of order are refused", () => {
  const data = Float32Array.of(1, 2);
  for (const clip of [[99, 1], [-1, 50], [0, 101], [5, 5], [NaN, 50]] as const) {
    assert.throws(() => normalize(data, { normalize: "percentile", clip }), InputError);
  }
});

Deno.test("normalize() scales values in small units as any other", () => {
  const plain = Float32Array.of(0, 1, 2, 4);
  const small = plain.map((value) => value * 2 ** -31); // an ADC in m²/s
  assert.deepEqual(normalize(small), Float32Array.of(0, 0.25, 0.5, 1));
  // Of ordinary ranges the tutorial's 1e-8 stays, where float32 shows it; the value is NumPy's
  assert.deepEqual([...normalize(Float32Array.of(0, 0.001))], [0, 0.9999899864196777]);
});

Deno.test("normalize() by zscore has mean 0 and deviation 1", () => {
  // mean 5, deviation 2: the textbook's example
  const data = Float32Array.of(2, 4, 4, 4, 5, 5, 7, 9);
  assert.deepEqual([...normalize(data, { normalize: "zscore" })], [
    -1.5,
    -0.5,
    -0.5,
    -0.5,
    0,
    0,
    1,
    2,
  ]);
});

Deno.test("normalize() by equal percentiles makes zeros, not NaN", () => {
  const sparse = new Float32Array(1000);
  sparse[7] = 12;
  const scaled = normalize(sparse, { normalize: "percentile", clip: [1, 99] });
  assert.deepEqual(scaled, new Float32Array(1000));
});

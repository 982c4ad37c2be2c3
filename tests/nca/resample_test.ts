import * as tf from "@tensorflow/tfjs";
import assert from "node:assert/strict";
import {
  bilinearTaps,
  downsampleImages,
  readLogits,
  resampleBilinear,
  tapsMatrix,
  upsampleState,
} from "../../lib/nca/mod.ts";
import { Random } from "../../lib/support/random.ts";
import { beside } from "../support/beside.ts";
import { fixture, imageFixture, largestDifference } from "../fixtures/parity.ts";

tf.enableProdMode();
await tf.setBackend("cpu");

const CASES = [
  ["down_1d_n12", 12, 1 / 4],
  ["down_1d_n13", 13, 1 / 4],
  ["down_1d_n14", 14, 1 / 4],
  ["down_1d_n15", 15, 1 / 4],
  ["up_1d_n1", 1, 4],
  ["up_1d_n3", 3, 4],
] as const;

for (const [name, inputs, scale] of CASES) {
  Deno.test(`bilinearTaps() is PyTorch's matrix: ${name}`, () => {
    const { shape, data } = fixture(`resample/${name}`);
    tf.tidy(() => {
      const matrix = tapsMatrix(bilinearTaps(inputs, scale));
      assert.deepEqual(matrix.shape, [...shape]);
      assert(largestDifference(matrix.dataSync(), data) < 1e-7);
    });
  });
}

for (const [name, scale] of [["down", 1 / 4], ["up", 4]] as const) {
  Deno.test(`resampleBilinear() equals PyTorch's interpolate(): ${name}`, () => {
    tf.tidy(() => {
      const image = imageFixture("resample/in");
      // The fixture enlarges the upper left corner.
      const input = name === "down" ? image : image.slice([0, 0, 0, 0], [1, 2, 3, 2]);
      const expected = imageFixture(`resample/${name}`);
      const actual = resampleBilinear(input, scale);
      assert.deepEqual(actual.shape, expected.shape);
      assert(largestDifference(actual.dataSync(), expected.dataSync()) < 1e-6);
    });
  });
}

/** A tensor of normally distributed numbers. */
function normal<R extends tf.Rank>(shape: tf.ShapeMap[R], ...seed: number[]): tf.Tensor<R> {
  const random = new Random(...seed);
  const size = shape.reduce((a, b) => a * b, 1);
  return tf.tensor(Float32Array.from({ length: size }, () => random.normal()), shape);
}

/** Value and gradient of f at x, weighted by w. */
function valueAndGradient(f: (x: tf.Tensor4D) => tf.Tensor4D, x: tf.Tensor4D, w: tf.Tensor4D) {
  const { value, grad } = tf.valueAndGrad((x) => f(x as tf.Tensor4D).mul(w).sum())(x);
  return { value: value.dataSync(), gradient: grad.dataSync(), output: f(x).dataSync() };
}

for (const [height, width] of [[8, 12], [4, 4], [20, 8]] as const) {
  Deno.test(`the plain arrays give what the matrices give: ${height}×${width}`, () => {
    beside("arrays", () => {
      const n = height === 8 ? 2 : 1;
      const images = normal<tf.Rank.R4>([2, height, width, n], 1);
      assert(
        largestDifference(
          downsampleImages(images).dataSync(),
          resampleBilinear(images, 1 / 4).dataSync(),
        ) < 1e-6,
      );

      const coarse = normal<tf.Rank.R4>([2, height / 4, width / 4, 16], 2);
      const weights = normal<tf.Rank.R4>([2, height, width, 16], 3);
      const fast = valueAndGradient((x) => upsampleState(x, images), coarse, weights);
      const dense = valueAndGradient(
        (x) => tf.concat([images, resampleBilinear(x.slice([0, 0, 0, n]), 4)], 3),
        coarse,
        weights,
      );
      assert(largestDifference(fast.output, dense.output) < 1e-6);
      assert(largestDifference(fast.gradient, dense.gradient) < 1e-5);
      assert(fast.gradient.some((x) => x !== 0));

      const some = normal<tf.Rank.R4>([2, height, width, n], 4);
      const read = valueAndGradient((x) => readLogits(x, 3, n), weights, some);
      const slice = valueAndGradient((x) => x.slice([0, 0, 0, 3], [-1, -1, -1, n]), weights, some);
      assert.deepEqual(read, slice);
    });
  });
}

Deno.test("resampleBilinear()'s gradient is its transpose", () => {
  tf.tidy(() => {
    const x = normal<tf.Rank.R4>([1, 8, 12, 2], 5);
    const y = normal<tf.Rank.R4>([1, 2, 3, 2], 6);
    const { value, gradient } = valueAndGradient((x) => resampleBilinear(x, 1 / 4), x, y);
    // It is linear: ⟨Rx, y⟩ = ⟨x, Rᵀy⟩.
    const other = x.dataSync<"float32">().reduce((sum, value, i) => sum + value * gradient[i]!, 0);
    assert(Math.abs(value[0]! - other) < 1e-5);
  });
});

import * as tf from "@tensorflow/tfjs";
import assert from "node:assert/strict";
import { Random } from "../../lib/support/random.ts";
import { Adam } from "../../lib/training/adam.ts";
import { largestDifference } from "../fixtures/parity.ts";
import fixture from "../fixtures/adam.json" with { type: "json" };

const OPTIONS = { betas: [0.9, 0.999], eps: 1e-8 } as const;

/** Gradients over several orders of magnitude, of alternating sign. */
function gradientsOf(step: number, size: number): Float32Array {
  const random = new Random(step);
  return Float32Array.from({ length: size }, () => random.normal() * 10 ** -random.integer(6));
}

/** Adam in float64, from the paper's formulas in PyTorch's arrangement. */
function referenceAdam(x: number[], steps: number, learningRate: number, clipNorm = Infinity) {
  const m = x.map(() => 0), v = x.map(() => 0);
  for (let t = 1; t <= steps; t++) {
    const gradient = gradientsOf(t, x.length);
    const scale = Math.min(1, clipNorm / (Math.hypot(...gradient) + 1e-6));
    x = x.map((value, i) => {
      const g = gradient[i]! * scale;
      m[i] = 0.9 * m[i]! + (1 - 0.9) * g;
      v[i] = 0.999 * v[i]! + (1 - 0.999) * g * g;
      const mean = m[i]! / (1 - 0.9 ** t), square = v[i]! / (1 - 0.999 ** t);
      return value - learningRate * mean / (Math.sqrt(square) + 1e-8);
    });
  }
  return x;
}

/** The same steps by ours, over two variables of 20 and 30 values. */
function ourAdam(x: number[], steps: number, learningRate: number, clipNorm = 0) {
  const a = tf.variable(tf.tensor2d(x.slice(0, 20), [4, 5]));
  const b = tf.variable(tf.tensor1d(x.slice(20)));
  const adam = new Adam([a, b], { ...OPTIONS, clipNorm });
  for (let t = 1; t <= steps; t++) {
    const g = gradientsOf(t, x.length);
    adam.apply([tf.tensor2d(g.slice(0, 20), [4, 5]), tf.tensor1d(g.slice(20))], learningRate);
  }
  return [...a.dataSync(), ...b.dataSync()];
}

const START = Array.from(gradientsOf(0, 50));

Deno.test("one Adam step is PyTorch's", async () => {
  await tf.setBackend("cpu");
  const parameters = Object.values(fixture.parameters);
  const variables = parameters.map(({ before }) => tf.variable(tf.tensor1d(before)));
  const adam = new Adam(variables, OPTIONS);
  adam.apply(parameters.map(({ gradient }) => tf.tensor1d(gradient)), 1e-4);
  parameters.forEach(({ before, after }, i) => {
    const values = variables[i]!.dataSync();
    assert.ok(largestDifference(values, after) < 1e-7);
    assert.ok(largestDifference(values, before) > 9e-5, "it moved");
  });
});

Deno.test("200 Adam steps follow a float64 Adam, with and without clipping", async () => {
  await tf.setBackend("cpu");
  assert.ok(largestDifference(ourAdam(START, 200, 1e-2), referenceAdam(START, 200, 1e-2)) < 2e-6);
  const clipped = referenceAdam(START, 200, 1e-2, 0.5);
  assert.ok(largestDifference(ourAdam(START, 200, 1e-2, 0.5), clipped) < 2e-6);
  assert.ok(largestDifference(ourAdam(START, 200, 1e-2), clipped) > 1e-4, "clipping matters");
});

Deno.test("an Adam that was stored and loaded goes on to the same bits", async () => {
  await tf.setBackend("cpu");
  const x = tf.variable(tf.tensor1d(START));
  const first = new Adam([x], OPTIONS);
  const step = (adam: Adam, t: number) => adam.apply([tf.tensor1d(gradientsOf(t, 50))], 1e-2);
  for (let t = 1; t <= 3; t++) step(first, t);
  const stored = await first.state();
  const weights = x.dataSync().slice();
  for (let t = 4; t <= 6; t++) step(first, t);
  const expected = x.dataSync().slice();

  x.assign(tf.tensor1d(weights));
  const second = new Adam([x], OPTIONS);
  second.load(stored);
  assert.equal(second.step, 3);
  for (let t = 4; t <= 6; t++) step(second, t);
  assert.deepEqual(x.dataSync(), expected);
});

Deno.test("Adam leaks nothing, and refuses gradients of other shapes", async () => {
  await tf.setBackend("cpu");
  const x = tf.variable(tf.tensor1d(START));
  const before = tf.memory().numTensors;
  const adam = new Adam([x], { ...OPTIONS, clipNorm: 1 });
  const gradient = tf.tensor1d(gradientsOf(1, 50));
  for (let t = 0; t < 3; t++) adam.apply([gradient], 1e-2);
  assert.equal(tf.memory().numTensors, before + 3); // two means and the gradient
  gradient.dispose();
  adam.dispose();
  assert.equal(tf.memory().numTensors, before);
  assert.throws(() => adam.apply([tf.zeros([49])], 1), TypeError);
  assert.throws(() => adam.apply([], 1), TypeError);
});

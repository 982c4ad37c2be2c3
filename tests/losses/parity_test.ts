/** The losses against PyTorch's, at ordinary and at extreme logits. */

import * as tf from "@tensorflow/tfjs";
import assert from "node:assert/strict";
import { bceLoss, diceLoss, diceScore, segmentationLoss } from "../../lib/losses/mod.ts";
import { meta } from "../fixtures/parity.ts";
import { beside } from "../support/beside.ts";

tf.enableProdMode();
await tf.setBackend("cpu");

/** Equal to a few float32 roundings; below `absolute`, PyTorch's float32 underflows before ours. */
function assertClose(actual: number, expected: number, what: string, absolute = 1e-30) {
  const tolerance = 5e-6 * Math.abs(expected) + absolute;
  assert(Math.abs(actual - expected) <= tolerance, `${what}: ${actual}, PyTorch ${expected}`);
}

/** Compares the value and the gradient of a loss on one example. */
function check(
  loss: typeof diceLoss,
  example: { logits: number[]; target: number[] },
  expected: number,
  gradient: readonly number[],
): void {
  const { length } = example.logits;
  const before = tf.memory().numTensors;
  tf.tidy(() => {
    // As a batch of one slice and of two: the losses are over the whole batch.
    for (const shape of [[1, length, 1, 1], [2, length / 2, 1, 1]]) {
      const logits = tf.tensor(example.logits, shape);
      const labels = tf.tensor(example.target, shape);
      const { value, grad } = tf.valueAndGrad((x) => loss(x, labels))(logits);
      assertClose(value.dataSync()[0]!, expected, "value", 1e-20);
      assert.deepEqual(grad.shape, shape);
      grad.dataSync().forEach((x, i) => assertClose(x, gradient[i]!, `gradient ${i}`));
    }
  });
  assert.equal(tf.memory().numTensors, before);
}

const names = Object.keys(meta).filter((name) => name.startsWith("loss/"));

Deno.test("there are PyTorch's examples of the losses", () => {
  assert.equal(names.length, 7);
});

for (const name of names) {
  const example = meta[name as `loss/${string}`]!;

  Deno.test(`diceLoss() equals PyTorch's, with its gradient: ${name}`, () => {
    check(diceLoss, example, example.dice_loss, example.grad_dice);
  });

  Deno.test(`bceLoss() equals PyTorch's, with its gradient: ${name}`, () => {
    check(bceLoss, example, example.bce, example.grad_bce);
  });

  Deno.test(`segmentationLoss() is their sum, with its gradient: ${name}`, () => {
    const { dice_loss, bce, grad_dice, grad_bce } = example;
    const sum = grad_dice.map((x, i) => x + grad_bce[i]!);
    for (const operations of ["arrays", "tfjs"] as const) {
      beside(operations, () => {
        check((x, z) => segmentationLoss(x, z).loss, example, dice_loss + bce, sum);
        const parts = segmentationLoss(tf.tensor1d(example.logits), tf.tensor1d(example.target));
        assertClose(parts.dice.dataSync()[0]!, dice_loss, "dice");
        assertClose(parts.bce.dataSync()[0]!, bce, "bce", 1e-20);
      });
    }
  });

  Deno.test(`diceScore() equals PyTorch's: ${name}`, () => {
    const logits = Float32Array.from(example.logits);
    const labels = Float32Array.from(example.target);
    assertClose(diceScore(logits, labels), example.dice_score, "numbers");
    const score = tf.tidy(() => diceScore(tf.tensor(logits), tf.tensor(labels)));
    assertClose(score, example.dice_score, "tensors");
  });
}

Deno.test("the losses' gradients carry what stands before them", () => {
  tf.tidy(() => {
    const logits = tf.tensor1d([-1, 0, 2]);
    const labels = tf.tensor1d([0, 1, 1]);
    for (const loss of [diceLoss, bceLoss]) {
      const once = tf.grad((x) => loss(x, labels))(logits).dataSync();
      const thrice = tf.grad((x) => loss(x, labels).mul(3))(logits).dataSync();
      thrice.forEach((x, i) => assertClose(x, 3 * once[i]!, loss.name));
    }
  });
});

Deno.test("diceScore() calls it foreground where a float32 sigmoid is above one half", () => {
  const label = Float32Array.of(1);
  const score = (logit: number) => diceScore(Float32Array.of(logit), label) > 0.5;
  assert.equal(score(0), false);
  assert.equal(score(-0), false);
  assert.equal(score(2 ** -25), false); // sigmoid rounds to exactly one half
  assert.equal(score(1e-6), true);
  assert.equal(score(Infinity), true);
  assert.equal(score(NaN), false);
});

Deno.test("diceScore() asks for as many labels as logits", () => {
  assert.throws(
    () => diceScore(new Float32Array(3), new Float32Array(2)),
    { name: "TypeError", message: "Cannot score: 3 logits for 2 labels" },
  );
});

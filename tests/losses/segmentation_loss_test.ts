/** The loss of several classes, regions and ignored pixels, on arrays and in tfjs operations. */

import * as tf from "@tensorflow/tfjs";
import assert from "node:assert/strict";
import { type LossOptions, segmentationLoss } from "../../lib/losses/segmentation_loss.ts";
import type { RolloutEngine } from "../../lib/rollout/types.ts";
import { Random } from "../../lib/support/random.ts";
import { largestDifference } from "../fixtures/parity.ts";
import { beside } from "../support/beside.ts";

tf.enableProdMode();
await tf.setBackend("cpu");

/** Value, parts and gradient of three times the loss. */
function scored(
  logits: readonly number[],
  labels: readonly number[],
  k: number,
  options: LossOptions & { operations: RolloutEngine["operations"]; kept?: readonly number[] },
) {
  const { operations, kept, kind = "classes" } = options;
  return beside(operations, () => {
    const shape: [number, number, number, number] = [1, 1, logits.length / k, k];
    const keep = kept === undefined ? null : tf.tensor4d([...kept], [1, 1, kept.length, 1]);
    const truth = tf.tensor4d([...labels], shape);
    const loss = (x: tf.Tensor) => segmentationLoss(x, truth, { kind, keep });
    const x = tf.tensor4d([...logits], shape);
    const { loss: value, dice, bce, classes } = loss(x);
    return {
      loss: value.dataSync()[0]!,
      dice: dice.dataSync()[0]!,
      bce: bce.dataSync()[0]!,
      classes: [...classes.dataSync()],
      gradient: [...tf.grad((x) => loss(x).loss.mul(3))(x).dataSync()],
    };
  });
}

const near = (actual: number, expected: number, what: string, within = 1e-5) =>
  assert.ok(Math.abs(actual - expected) <= within, `${what}: ${actual}, expected ${expected}`);

for (const operations of ["arrays", "tfjs"] as const) {
  Deno.test(`segmentationLoss() of two classes by hand, on ${operations}`, () => {
    // Three pixels: probabilities of background, a and b are 1/4, 1/2, 1/4; 1/3 each; 1/6, 1/6, 2/3
    const ln2 = Math.log(2);
    const logits = [ln2, 0, 0, 0, 0, 2 * ln2];
    const labels = [1, 0, 0, 0, 0, 1];
    const { loss, dice, bce, classes } = scored(logits, labels, 2, { operations });
    near(bce, (Math.log(2) + Math.log(3) + Math.log(1.5)) / 3, "cross-entropy");
    // a: 2 · 1/2 over (1/2 + 1/3 + 1/6) + 1; b: 2 · 2/3 over (1/4 + 1/3 + 2/3) + 1
    const expected = [1 - 1 / 2, 1 - (4 / 3) / (9 / 4)];
    near(classes[0]!, expected[0]!, "a");
    near(classes[1]!, expected[1]!, "b");
    near(dice, (expected[0]! + expected[1]!) / 2, "mean");
    near(loss, Math.log(9) / 3 + 49 / 108, "loss");
  });

  Deno.test(`segmentationLoss() of regions that overlap by hand, on ${operations}`, () => {
    // Probabilities 1/2 and 4/5 of the first region, 1/3 and 1/2 of the second
    const logits = [0, -Math.log(2), Math.log(4), 0];
    const { dice, bce, classes } = scored(logits, [0, 0, 1, 1], 2, {
      operations,
      kind: "regions",
    });
    near(bce, (Math.log(2) + Math.log(1.5) + Math.log(1.25) + Math.log(2)) / 4, "cross-entropy");
    const expected = [1 - 1.6 / 2.3, 1 - 1 / (5 / 6 + 1)];
    near(classes[0]!, expected[0]!, "first");
    near(classes[1]!, expected[1]!, "second");
    near(dice, (expected[0]! + expected[1]!) / 2, "mean");
  });

  for (const kind of ["classes", "regions"] as const) {
    Deno.test(`segmentationLoss()'s gradient is its slope: ${kind} on ${operations}`, () => {
      const random = new Random(3, kind.length);
      const [k, pixels] = [3, 5];
      const logits = Array.from({ length: k * pixels }, () => 3 * random.normal());
      const truth = Array.from({ length: pixels }, () => Math.floor(4 * random.uniform()));
      const labels = truth.flatMap((code) =>
        Array.from({ length: k }, (_, c) => Number(kind === "classes" ? code === c + 1 : code > c))
      );
      const kept = [1, 0, 1, 1, 1];
      const options = { operations, kind, kept };
      const { gradient } = scored(logits, labels, k, options);
      const value = (moved: readonly number[]) => {
        const { dice, bce } = scored(moved, labels, k, options);
        return 3 * (dice + bce);
      };
      for (const [i, slope] of gradient.entries()) {
        const at = (step: number) => value(logits.map((x, j) => j === i ? x + step : x));
        near(slope, (at(0.02) - at(-0.02)) / 0.04, `logit ${i}`, 1e-3);
        if (Math.floor(i / k) === 1) assert.equal(slope, 0, "an ignored pixel");
      }
      // What stands in an ignored pixel changes nothing
      const other = logits.map((x, i) => Math.floor(i / k) === 1 ? -9 * x : x);
      assert.deepEqual(scored(other, labels, k, options), scored(logits, labels, k, options));
    });
  }

  Deno.test(`segmentationLoss() stays finite at logits of any size, on ${operations}`, () => {
    for (const kind of ["classes", "regions"] as const) {
      const logits = [300, -300, -300, 300, 0, 0];
      const { dice, bce, gradient } = scored(logits, [0, 1, 0, 1, 0, 0], 2, { operations, kind });
      near(
        bce,
        kind === "classes" ? (600 + Math.log(3)) / 3 : (600 + 2 * Math.log(2)) / 6,
        kind,
        1e-3,
      );
      assert.ok(Number.isFinite(dice) && gradient.every(Number.isFinite));
      assert.ok(gradient[4]! > 0, "at a logit of 0 there is a slope"); // tfjs's |x| has none there
      const nothing = scored(logits, [0, 1, 0, 1, 0, 0], 2, { operations, kind, kept: [0, 0, 0] });
      near(nothing.dice + nothing.bce, 0, "nothing counts");
      assert.ok(nothing.gradient.every((slope) => slope === 0));
    }
  });
}

Deno.test("one class with ignored pixels is the tutorial's loss of the pixels that count", () => {
  for (const operations of ["arrays", "tfjs"] as const) {
    const kept = [1, 0, 1, 1];
    const some = scored([0.5, 9, -2, 1], [1, 0, 0, 0], 1, { operations, kept });
    const without = scored([0.5, -2, 1], [1, 0, 0], 1, { operations });
    near(some.dice, without.dice, "dice");
    near(some.bce, without.bce, "bce");
    const slopes = some.gradient.filter((_, i) => kept[i] === 1);
    assert.ok(largestDifference(slopes, without.gradient) < 1e-6);
  }
});

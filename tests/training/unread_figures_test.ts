import * as tf from "@tensorflow/tfjs";
import assert from "node:assert/strict";
import { UnreadFigures } from "../../lib/training/unread_figures.ts";

Deno.test("UnreadFigures are reported in their order, as many steps late as may stay unread", async () => {
  await tf.setBackend("cpu");
  const before = tf.memory().numTensors;
  for (const keep of [0, 1, 3]) {
    const figures = new UnreadFigures(keep);
    const told: number[] = [];
    for (let step = 1; step <= 5; step++) {
      await figures.add(tf.tensor1d([step]), ([value]) => told.push(value!));
      assert.equal(told.length, Math.max(0, step - keep));
    }
    await figures.read();
    assert.deepEqual(told, [1, 2, 3, 4, 5]);
  }
  assert.equal(tf.memory().numTensors, before);
});

Deno.test("UnreadFigures throw what is thrown where they are reported", async () => {
  const figures = new UnreadFigures(1);
  const fail = () => {
    throw new Error("bad figures");
  };
  await figures.add(tf.tensor1d([1]), fail);
  await assert.rejects(figures.add(tf.tensor1d([2]), () => {}), /bad figures/);
});

import assert from "node:assert/strict";
import * as tf from "@tensorflow/tfjs";
import { MedNca } from "../../lib/nca/med_nca.ts";
import { Pace } from "../../lib/training/pace.ts";
import { WeightMean } from "../../lib/training/weight_mean.ts";

await tf.setBackend("cpu");

Deno.test("WeightMean forgets the first weights fast, and later ones with its decay", () => {
  const model = new MedNca();
  const mean = new WeightMean(model, 0.9);
  const of = ({ model2 }: MedNca) => model2.variables.get("fc2.bias")!;
  const value = () => of(mean.model).dataSync()[3]!;
  assert.equal(value(), of(model).dataSync()[3]); // starts where the model does
  of(mean.model).assign(tf.zeros([15]));
  of(model).assign(tf.fill([15], 1));
  mean.update(1); // 2 of 11 parts are kept
  assert.ok(Math.abs(value() - 9 / 11) < 1e-6);
  of(mean.model).assign(tf.zeros([15]));
  mean.update(81); // 82/91 is above 0.9
  assert.ok(Math.abs(value() - 0.1) < 1e-6);
  mean.copyTo(model);
  assert.equal(of(model).dataSync()[3], value());
  mean.dispose();
  model.dispose();
});

Deno.test("Pace counts the steps that are left, from the second one on", () => {
  const { now } = performance;
  let milliseconds = 500;
  performance.now = () => milliseconds;
  try {
    const pace = new Pace(10);
    assert.equal(pace.secondsLeft(2), null);
    milliseconds = 3500;
    assert.equal(pace.secondsLeft(4), 9); // six steps of 1.5 s
  } finally {
    performance.now = now;
  }
});

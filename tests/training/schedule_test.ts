import assert from "node:assert/strict";
import { learningRateAt } from "../../lib/training/schedule.ts";
import { PRESETS, resolveConfig } from "../../lib/training/config.ts";
import fixture from "../fixtures/adam.json" with { type: "json" };

Deno.test("the tutorial's schedule is PyTorch's StepLR, epoch by epoch", () => {
  const config = resolveConfig(PRESETS.tutorial);
  const rates = fixture.steplr.map((_, epoch) => learningRateAt(config, epoch));
  assert.deepEqual(rates, fixture.steplr);
});

Deno.test("a cosine starts at the rate, halves in the middle and ends near zero", () => {
  const config = resolveConfig({ schedule: "cosine", learningRate: 0.1, epochs: 10 });
  const rates = Array.from({ length: 11 }, (_, epoch) => learningRateAt(config, epoch));
  assert.equal(rates[0], 0.1);
  assert.ok(Math.abs(rates[5]! - 0.05) < 1e-12);
  assert.ok(rates[10]! < 1e-12);
  assert.deepEqual(rates, rates.toSorted((a, b) => b - a));
});

Deno.test("a cosine by batch falls within the epoch, one by epoch does not", () => {
  const config = resolveConfig({ schedule: "cosine-batch", learningRate: 0.1, epochs: 10 });
  assert.ok(learningRateAt(config, 2.9) < learningRateAt(config, 2.1));
  assert.ok(Math.abs(learningRateAt(config, 2.5) - 0.05 * (1 + Math.SQRT1_2)) < 1e-12);
  const byEpoch = { ...config, schedule: "cosine" } as const;
  assert.equal(learningRateAt(byEpoch, 2.9), learningRateAt(byEpoch, 2));
  assert.equal(learningRateAt(byEpoch, 2), learningRateAt(config, 2));
});

Deno.test("a warm-up rises to the schedule's rate", () => {
  const config = resolveConfig({ schedule: "step", learningRate: 0.1, warmup: 0.5 });
  const rates = [0, 0.25, 0.5, 3].map((epoch) => learningRateAt(config, epoch));
  assert.deepEqual(rates, [0, 0.05, 0.1, 0.1]);
});

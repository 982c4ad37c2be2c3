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

import * as tf from "@tensorflow/tfjs";
import assert from "node:assert/strict";
import { NCA2D } from "../../lib/nca/nca2d.ts";
import { OpsEngine } from "../../lib/rollout/ops/ops_engine.ts";
import { rollout, setRolloutEngine } from "../../lib/rollout/rollout.ts";
import { startRun } from "../../lib/rollout/run.ts";
import type { RolloutEngine } from "../../lib/rollout/types.ts";
import { createWasmEngine } from "../../lib/rollout/wasm/create_wasm_engine.ts";
import { randomState } from "./support/rollouts.ts";

await tf.setBackend("cpu");

async function check(engine: RolloutEngine): Promise<void> {
  setRolloutEngine(engine);
  const nca = new NCA2D({ channels: 16, hidden: 64, kernel: 7 }, { seed: 3 });
  const [height, width] = [13, 10];
  const state = randomState([1, height, width, 16], 1);
  const options = { fireRate: 0.4, seeds: [5], stats: "slice", firstStep: 2 } as const;
  const whole = (steps: number) =>
    tf.tidy(() => rollout(state, nca.weights, { ...options, steps }).dataSync<"float32">().slice());
  const before = tf.memory().numTensors;
  const given = {
    size: [height, width],
    channels: 16,
    fireRate: 0.4,
    seed: 5,
    firstStep: 2,
  } as const;
  const start = { step: 0, state: state.dataSync<"float32">(), shift: null };
  const first = startRun(start, nca.weights, { ...given, most: 20 });
  first.advance(3);
  const kept = await first.save();
  first.advance(4);
  first.advance(9);
  const last = (await first.save()).state;
  const channels = await first.read(14, 2);
  const again = startRun(kept, nca.weights, { ...given, most: 20 });
  again.advance(9);
  const resumed = (await again.save()).state;
  // Not before: the other would find what it left in memory
  for (const run of [first, again]) run.dispose();
  assert.equal(tf.memory().numTensors, before);
  assert.deepEqual(kept.state, whole(3));
  assert.deepEqual(last, whole(9));
  assert.deepEqual(resumed, last);
  assert.deepEqual(channels, last.filter((_, i) => i % 16 >= 14));
  nca.dispose();
  state.dispose();
}

Deno.test("startRun() comes to the bits of a whole rollout, on the way and from a kept state", async () => {
  const engine = await createWasmEngine({ threads: 2 });
  try {
    const before = engine.memoryInUse;
    await check(engine);
    assert.equal(engine.memoryInUse, before);
  } finally {
    engine.dispose();
  }
});

Deno.test("startRun() takes single steps where the engine has no memory of its own", async () => {
  await check(new OpsEngine());
});

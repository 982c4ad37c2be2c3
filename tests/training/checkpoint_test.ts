import assert from "node:assert/strict";
import { join } from "@std/path";
import { InputError } from "../../lib/support/errors.ts";
import {
  type Counters,
  firstCounters,
  readCheckpoint,
  requireCoherent,
  writeCheckpoint,
} from "../../lib/training/checkpoint.ts";
import { resolveConfig } from "../../lib/training/config.ts";
import { trainMedNca } from "../../lib/training/train_med_nca.ts";
import { initBackend } from "../../lib/backend.ts";
import { TINY, withTinyData } from "./support/tiny_data.ts";

await initBackend({ backend: "ops" });

const EPOCH: Counters["history"][number] = {
  ...{ epoch: 1, loss: 1, dice: 0.5, bce: 0.5, lr: 1, seconds: 1, classes: [] },
  ...{ valLoss: null, valDice: null, valBce: null, valScore: null, valVolumeDice: null },
};

Deno.test("requireCoherent() refuses counters that contradict each other or the slices", () => {
  const second: Counters = { ...firstCounters(), epoch: 1, step: 7, batch: 2, history: [EPOCH] };
  for (const good of [firstCounters(), second, { ...second, batch: 5, step: 10 }]) {
    requireCoherent(good, 5, "c");
  }
  const bad: Counters[] = [
    { ...second, batch: 6, step: 11 },
    { ...second, batch: 2 ** 50, step: 2 ** 50 + 5 },
    { ...second, step: 6 },
    { ...second, history: [] },
    { ...second, history: [{ ...EPOCH, epoch: 2 }] },
    { ...firstCounters(), epoch: 40, step: 200 },
  ];
  for (const counters of bad) {
    assert.throws(() => requireCoherent(counters, 5, "c"), (error) => {
      assert.ok(error instanceof InputError);
      assert.equal(error.code, "bad-checkpoint");
      assert.match(error.message, /5 batches per epoch: c$/);
      return true;
    });
  }
});

Deno.test("a run whose checkpoint stands beyond the end of an epoch cannot go on", async () => {
  await withTinyData(async ({ train, folder }) => {
    const out = join(folder, "run");
    const config = { ...TINY, epochs: 1 };
    (await trainMedNca({ train, config, out })).model.dispose();
    const path = join(out, "checkpoint.safetensors");
    const checkpoint = await readCheckpoint(path);
    const counters = { ...checkpoint.counters, batch: 9, step: 14 };
    await writeCheckpoint(path, { ...checkpoint, counters });
    await assert.rejects(
      trainMedNca({ train, config: { ...config, epochs: 2 }, out, resume: true }),
      /step 14, batch 9 of epoch 2 with 1 epochs done, but these slices make 5 batches/,
    );
  });
});

Deno.test("readCheckpoint() gives back what writeCheckpoint() wrote", async () => {
  await withTinyData(async ({ folder }) => {
    const path = join(folder, "checkpoint.safetensors");
    const checkpoint = {
      counters: { ...firstCounters(), firstLoss: 1.5, events: { file: "e", length: 3 } },
      config: resolveConfig(TINY),
      split: { seed: 0, train: ["a"], validation: [], test: [], patients: { a: "p", b: "p" } },
      weights: new Map([["w", Float32Array.of(1, 2)]]),
      adam: { step: 4, m: Float32Array.of(3), v: Float32Array.of(4) },
    };
    await writeCheckpoint(path, checkpoint);
    const { weights, ...read } = await readCheckpoint(path);
    const { weights: written, ...rest } = checkpoint;
    assert.deepEqual(read, rest);
    assert.deepEqual(weights.get("w"), written.get("w"));
    await Deno.truncate(path, 300);
    await assert.rejects(readCheckpoint(path), (error) => {
      assert.ok(error instanceof InputError);
      assert.equal(error.code, "bad-checkpoint");
      const start = "Cannot read checkpoint: the header claims ";
      assert.ok(error.message.startsWith(start) && error.message.endsWith(`300: ${path}`));
      assert.match(error.hint, /--init/);
      return true;
    });
  });
});

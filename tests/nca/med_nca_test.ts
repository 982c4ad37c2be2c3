import * as tf from "@tensorflow/tfjs";
import assert from "node:assert/strict";
import { eraseCells, MedNca } from "../../lib/nca/mod.ts";
import { OpsEngine } from "../../lib/rollout/ops/ops_engine.ts";
import { setRolloutEngine } from "../../lib/rollout/rollout.ts";
import { Random } from "../../lib/support/random.ts";

tf.enableProdMode();
await tf.setBackend("cpu");

const CONFIG = { steps: [3, 2] } as const;

/** Two different slices of 8×12. */
function images(): tf.Tensor4D {
  const random = new Random(4);
  return tf.tensor4d(Float32Array.from({ length: 192 }, () => random.uniform()), [2, 8, 12, 1]);
}

function withModel(test: (model: MedNca) => void): void {
  setRolloutEngine(new OpsEngine());
  const model = new MedNca(CONFIG, { seed: 1 });
  const before = tf.memory().numTensors;
  tf.tidy(() => test(model));
  assert.equal(tf.memory().numTensors, before, "tensors are left over");
  model.dispose();
}

Deno.test("a slice's logits follow from its seed, and by default from no other slice", () => {
  withModel((model) => {
    const both = images();
    const first = both.slice([0, 0, 0, 0], [1, -1, -1, -1]);
    const alone = [...model.forward(first, { seeds: [7] }).dataSync()];
    const together = [...model.forward(both, { seeds: [7, 8] }).dataSync()];
    assert.deepEqual(together.slice(0, 96), alone);
    assert.notDeepEqual([...model.forward(first, { seeds: [9] }).dataSync()], alone);
    // The tutorial's statistics are the batch's: there the other slice does count.
    const mixed = model.forward(both, { seeds: [7, 8], stats: "batch" });
    assert.notDeepEqual([...mixed.dataSync()].slice(0, 96), alone);
  });
});

Deno.test("the image in channel 0 never changes", () => {
  withModel((model) => {
    const image = images();
    for (const { stage, state } of model.trace(image, { seeds: [1, 2] })) {
      if (stage !== "fine") continue;
      assert.deepEqual(state.slice([0, 0, 0, 0], [-1, -1, -1, 1]).dataSync(), image.dataSync());
    }
  });
});

Deno.test("trace() goes the way that forward() goes", () => {
  withModel((model) => {
    const image = images();
    const logits = model.forward(image, { seeds: [1, 2] }).dataSync();
    for (const every of [1, 2, 100]) {
      const frames = model.trace(image, { seeds: [1, 2], every });
      const last = frames.at(-1)!;
      assert.deepEqual(last.state.slice([0, 0, 0, 1], [-1, -1, -1, 1]).dataSync(), logits);
      if (every === 2) {
        assert.deepEqual(
          frames.map(({ stage, step, state }) => [stage, step, ...state.shape]),
          [
            ["coarse", 0, 2, 2, 3, 16],
            ["coarse", 2, 2, 2, 3, 16],
            ["coarse", 3, 2, 2, 3, 16],
            ["fine", 0, 2, 8, 12, 16],
            ["fine", 2, 2, 8, 12, 16],
          ],
        );
      }
    }
  });
});

Deno.test("sizes that are not multiples of 4, and more than one channel, are refused", () => {
  withModel((model) => {
    for (const shape of [[1, 8, 10, 1], [1, 6, 8, 1], [1, 8, 8, 2]] as const) {
      assert.throws(() => model.forward(tf.zeros([...shape]), { seeds: [0] }), {
        name: "TypeError",
        message: /multiples of 4, got \[1,/,
      });
    }
  });
});

Deno.test("what is out of range is refused", () => {
  withModel((model) => {
    const image = images();
    assert.throws(() => model.forward(image, { seeds: [1] }), TypeError);
    for (const seed of [-1, 0.5, 2 ** 32, NaN]) {
      const state = model.model1.seedState(image);
      const options = { steps: 1, fireRate: 0.5, stats: "slice", seeds: [0, seed] } as const;
      assert.throws(() => model.model1.forward(state, options), RangeError);
    }
  });
});

Deno.test("an intervention that changes nothing changes nothing, at any step of either stage", () => {
  withModel((model) => {
    const image = images();
    const logits = model.forward(image, { seeds: [1, 2] }).dataSync();
    for (const [stage, steps] of [["coarse", 3], ["fine", 2]] as const) {
      for (let step = 0; step <= steps; step++) {
        const seen: number[][] = [];
        const intervention = {
          stage,
          step,
          change: (state: tf.Tensor4D) => (seen.push(state.shape), state.clone()),
        };
        const again = model.forward(image, { seeds: [1, 2], intervention });
        assert.deepEqual(again.dataSync(), logits, `${stage} ${step}`);
        assert.deepEqual(seen, [stage === "coarse" ? [2, 2, 3, 16] : [2, 8, 12, 16]]);
      }
      const late = { stage, step: steps + 1, change: (state: tf.Tensor4D) => state };
      assert.throws(() => model.forward(image, { seeds: [1, 2], intervention: late }), {
        name: "RangeError",
        message: /has \d steps/,
      });
    }
  });
});

Deno.test("trace() and forward() intervene alike, and run as many steps as they are told", () => {
  withModel((model) => {
    const image = images();
    const wound = Float32Array.from({ length: 192 }, (_, i) => i % 12 < 8 ? 1 : 0);
    for (const stage of ["coarse", "fine"] as const) {
      const change = (state: tf.Tensor4D) => eraseCells(state, wound, [8, 12]);
      const options = { seeds: [1, 2], intervention: { stage, step: 1, change } };
      const plain = model.forward(image, { seeds: [1, 2] }).dataSync();
      const logits = model.forward(image, options).dataSync();
      assert.notDeepEqual(logits, plain);
      const frames = model.trace(image, { ...options, every: 2 });
      const { state } = frames.at(-1)!;
      assert.deepEqual(state.slice([0, 0, 0, 1], [-1, -1, -1, 1]).dataSync(), logits);
      const { state: wounded } = frames.find((f) => f.stage === stage && f.step === 1)!;
      const [, h, w] = wounded.shape;
      const hidden = wounded.slice([0, 0, 0, 1], [-1, h, Math.floor(2 * w / 3), -1]).dataSync();
      assert.ok(hidden.every((value) => value === 0), "the wound is not there");
      assert.ok(wounded.slice([0, 0, 0, 0], [-1, -1, -1, 1]).dataSync().some((v) => v !== 0));
    }
    const steps = [2, 4] as const;
    const counts = model.trace(image, { seeds: [1, 2], steps }).map(({ step }) => step);
    assert.deepEqual(counts, [0, 1, 2, 0, 1, 2, 3, 4]);
    const other = new MedNca({ steps }, { seed: 1 });
    assert.deepEqual(
      model.forward(image, { seeds: [1, 2], steps }).dataSync(),
      other.forward(image, { seeds: [1, 2] }).dataSync(),
    );
    other.dispose();
  });
});

Deno.test("a coarse cell is erased where at least half of its pixels are", () => {
  withModel(() => {
    const state = tf.ones<tf.Rank.R4>([1, 1, 2, 2]);
    const wound = (pixels: number) =>
      Float32Array.from({ length: 32 }, (_, i) => i % 8 < 4 && Math.floor(i / 8) < pixels ? 1 : 0);
    assert.deepEqual([...eraseCells(state, wound(2), [4, 8]).dataSync()], [1, 0, 1, 1]);
    assert.deepEqual([...eraseCells(state, wound(1), [4, 8]).dataSync()], [1, 1, 1, 1]);
    assert.throws(() => eraseCells(state, wound(1), [8, 4]), TypeError);
    assert.throws(() => eraseCells(state, new Float32Array(31), [4, 8]), TypeError);
  });
});

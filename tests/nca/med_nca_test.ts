import * as tf from "@tensorflow/tfjs";
import assert from "node:assert/strict";
import { cellSeeds } from "../../lib/nca/cell_seeds.ts";
import { eraseCells, MedNca } from "../../lib/nca/mod.ts";
import { fireMask, fireThreshold } from "../../lib/rollout/fire_mask.ts";
import { OpsEngine } from "../../lib/rollout/ops/ops_engine.ts";
import { setRolloutEngine } from "../../lib/rollout/rollout.ts";
import { hash32, mix32, Random } from "../../lib/support/random.ts";

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

Deno.test("fireMask: a cell fires where its hash is below the fire rate, and not where it is equal", () => {
  const [seed, step, cell] = [4, 2, 5];
  const key = hash32(seed, step);
  const hash = mix32(mix32((cell + key) | 0) ^ key) >>> 8;
  const fires = (part: number) =>
    fireMask({ seed, step, cells: 9, fireRate: part / 2 ** 24 })[cell];
  assert.deepEqual([hash - 1, hash, hash + 1].map(fires), [0, 0, 1]);
  assert.deepEqual([0, 0.3, 1].map(fireThreshold), [0, 5_033_165, 2 ** 24]); // 0.3 · 2²⁴ is …164.8
});

Deno.test("cellSeeds are hashes of the run's seed, a slice's index and, from the second on, the sample", () => {
  assert.deepEqual(cellSeeds(3, [7, 0]), [hash32(3, 7), hash32(3, 0)]);
  assert.deepEqual(cellSeeds(3, [7], 2), [hash32(3, 7, 2)]);
  assert.notEqual(hash32(3, 7), hash32(7, 3));
});

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

/** Masks of both stages for {@linkcode images}. */
function masks(): [Uint8Array, Uint8Array] {
  const random = new Random(8);
  const draw = (cells: number) => Uint8Array.from({ length: cells }, () => random.integer(2));
  return [draw(3 * 2 * 2 * 3), draw(2 * 2 * 8 * 12)];
}

Deno.test("MedNca takes given masks in parts as it does in one", () => {
  withModel((model) => {
    const [image, given] = [images(), masks()];
    const options = { seeds: [1, 2], masks: given };
    const logits = model.forward(image, options).dataSync();
    assert.notDeepEqual(logits, model.forward(image, { seeds: [1, 2] }).dataSync());
    for (const every of [1, 2, 3]) {
      const { state } = model.trace(image, { ...options, every }).at(-1)!;
      assert.deepEqual(state.slice([0, 0, 0, 1], [-1, -1, -1, 1]).dataSync(), logits);
    }
    for (const [stage, step] of [["coarse", 0], ["coarse", 2], ["fine", 1], ["fine", 2]] as const) {
      const intervention = { stage, step, change: (state: tf.Tensor4D) => state.clone() };
      const again = model.forward(image, { ...options, intervention }).dataSync();
      assert.deepEqual(again, logits, `${stage} ${step}`);
    }
    // A cell that never fires keeps its zeros.
    const [coarse] = model.trace(image, { ...options, every: 100 }).filter(({ step }) =>
      step === 3
    );
    const hidden = coarse!.state.slice([0, 0, 0, 1], [-1, -1, -1, -1]).dataSync();
    for (let cell = 0; cell < 12; cell++) {
      const fired = [0, 12, 24].some((step) => given[0][step + cell] === 1);
      assert.equal(hidden.slice(15 * cell, 15 * cell + 15).some(Boolean), fired, `cell ${cell}`);
    }
  });
});

Deno.test("a stage's cells fire by the hash of the slice's seed and the stage, 0 or 1", () => {
  withModel((model) => {
    const drawn = [[0, 6], [1, 96]].map(([stage, cells]) =>
      Uint8Array.from(
        Array.from({ length: CONFIG.steps[stage!]! }, (_, step) =>
          [7, 8].map((
            seed,
          ) => [...fireMask({ seed: hash32(seed, stage!), step, cells: cells!, fireRate: 0.5 })]))
          .flat(2),
      )
    ) as [Uint8Array, Uint8Array];
    const seeds = [7, 8];
    assert.deepEqual(
      model.forward(images(), { seeds, masks: drawn }).dataSync(),
      model.forward(images(), { seeds }).dataSync(),
    );
  });
});

/** Runs with a model of two image channels and three classes, and an image for it. */
function withSeveral(test: (model: MedNca, image: tf.Tensor4D) => void): void {
  setRolloutEngine(new OpsEngine());
  const model = new MedNca({ ...CONFIG, imageChannels: 2, classes: 3, channels: 8 }, { seed: 1 });
  const random = new Random(5);
  tf.tidy(() => {
    const values = Float32Array.from({ length: 2 * 8 * 12 * 2 }, () => random.uniform());
    test(model, tf.tensor4d(values, [2, 8, 12, 2]));
  });
  model.dispose();
}

Deno.test("MedNca of several channels and classes: the images stay, then come the logits", () => {
  withSeveral((model, image) => {
    // fc2 changes 8 − 2 channels; all else is as ever.
    const count = (k: number) => 8 * k * k + 8 + 64 * 16 + 64 + 64 + 64 + 6 * 64 + 6;
    assert.equal(model.parameterCount, count(7) + count(3));
    const logits = model.forward(image, { seeds: [1, 2] });
    assert.deepEqual(logits.shape, [2, 8, 12, 3]);
    const frames = model.trace(image, { seeds: [1, 2] });
    const channels = (state: tf.Tensor, first: number, n: number) =>
      state.slice([0, 0, 0, first], [-1, -1, -1, n]).dataSync();
    const [coarse, fine] = [frames[3]!, frames.at(-1)!];
    assert.deepEqual([coarse.stage, coarse.step, fine.step], ["coarse", 3, 2]);
    assert.deepEqual(channels(fine.state, 2, 3), logits.dataSync());
    // The mean of the four centre pixels of a tile, see DESIGN: of the second row of tiles the first.
    const pixels = image.arraySync();
    const centre = (c: number) =>
      (pixels[1]![5]![1]![c]! + pixels[1]![5]![2]![c]! + pixels[1]![6]![1]![c]! +
        pixels[1]![6]![2]![c]!) / 4;
    const small = coarse.state.arraySync()[1]![1]![0]!;
    assert(Math.abs(small[0]! - centre(0)) < 1e-6 && Math.abs(small[1]! - centre(1)) < 1e-6);
    for (const { stage, state } of frames) {
      if (stage === "fine") assert.deepEqual(channels(state, 0, 2), image.dataSync());
    }
    // The first fine state: a corner repeats the coarse corner, in all channels but the images'.
    const first = frames[4]!.state.arraySync()[0]![0]![0]!.slice(2);
    assert.deepEqual(first, coarse.state.arraySync()[0]![0]![0]!.slice(2));
    assert(first.every((x) => x !== 0));
  });
});

Deno.test("MedNca names the channels that it was made for, and those that do not fit", () => {
  withSeveral((model, image) => {
    const grey = image.slice([0, 0, 0, 0], [-1, -1, -1, 1]);
    const message = /images must be \[B, H, W, 2\].*, got \[2,8,12,1\]/;
    assert.throws(() => model.forward(grey, { seeds: [1, 2] }), { name: "TypeError", message });
    assert.throws(() => model.trace(grey, { seeds: [1, 2] }), { name: "TypeError", message });
    assert.throws(() => model.model1.seedState(grey), {
      name: "TypeError",
      message: /the 2 channel\(s\) that it was made for, got 1/,
    });
  });
  assert.throws(() => new MedNca({ channels: 8, imageChannels: 4, classes: 5 }), {
    name: "RangeError",
    message: /4 image channels and 5 classes need 9 channels, got 8/,
  });
  const full = new MedNca({ channels: 8, imageChannels: 4, classes: 4 });
  assert.deepEqual(full.model2.variables.get("fc2.weight")!.shape, [4, 64, 1, 1]);
  full.dispose();
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

Deno.test("trace() and forward() intervene alike, and run as many steps as given", () => {
  withModel((model) => {
    const image = images();
    const wound = Float32Array.from({ length: 192 }, (_, i) => i % 12 < 8 ? 1 : 0);
    for (const stage of ["coarse", "fine"] as const) {
      const change = (state: tf.Tensor4D) =>
        eraseCells(state, wound, { size: [8, 12], imageChannels: 1 });
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
    const options = { size: [4, 8], imageChannels: 1 } as const;
    assert.deepEqual([...eraseCells(state, wound(2), options).dataSync()], [1, 0, 1, 1]);
    assert.deepEqual([...eraseCells(state, wound(1), options).dataSync()], [1, 1, 1, 1]);
    const turned = { ...options, size: [8, 4] } as const;
    assert.throws(() => eraseCells(state, wound(1), turned), TypeError);
    assert.throws(() => eraseCells(state, new Float32Array(31), options), TypeError);
  });
});

Deno.test("eraseCells keeps all channels of the image", () => {
  withModel(() => {
    const state = tf.ones<tf.Rank.R4>([1, 1, 2, 4]);
    const erased = eraseCells(state, [1, 0], { size: [1, 2], imageChannels: 3 });
    assert.deepEqual([...erased.dataSync()], [1, 1, 1, 0, 1, 1, 1, 1]);
  });
});

import assert from "node:assert/strict";
import type { EvalResult } from "../../lib/evaluation/eval_med_nca.ts";
import { InputError } from "../../lib/support/errors.ts";
import { type Counters, firstCounters } from "../../lib/training/checkpoint.ts";
import { endEpoch } from "../../lib/training/end_epoch.ts";

/** Counters at the end of the first epoch, of two batches. */
const counters = (): Counters => ({
  ...firstCounters(),
  step: 2,
  batch: 2,
  sums: [3, 1, 2],
  seconds: 7,
  firstLoss: 1.25,
});

const names = ["foreground"];

/** Scores of validation slices by the Dice score of their volumes. */
function scoresOf(volumeDice: number, given: Partial<EvalResult> = {}): EvalResult {
  return {
    ...{ diceLoss: 0.25, bce: 0.5, dice: 0.625, volumeDice },
    ...{ classes: [{ name: "foreground", volumeDice }], slices: [], volumes: [] },
    ...given,
  };
}

Deno.test("endEpoch() takes means over batches, and begins the next epoch", () => {
  const state = counters();
  const { metrics } = endEpoch(state, { scores: scoresOf(0.75), lr: 1e-3, names, saved: null });
  assert.deepEqual(metrics, {
    ...{ epoch: 1, loss: 1.5, dice: 0.5, bce: 1, lr: 1e-3 },
    ...{ valLoss: 0.75, valDice: 0.25, valBce: 0.5, valScore: 0.625, valVolumeDice: 0.75 },
    classes: [],
    seconds: 7,
  });
  assert.deepEqual(state, {
    ...counters(),
    ...{ epoch: 1, batch: 0, sums: [], seconds: 0 },
    best: { epoch: 1, score: 0.75 },
    history: [metrics],
  });
});

Deno.test("endEpoch() gives each class its own means, in a later epoch too", () => {
  const state = { ...counters(), epoch: 1, step: 5, batch: 3, sums: [3, 1.5, 1.5, 0.75, 2.25] };
  const classes = [{ name: "a", volumeDice: 0.8 }, { name: "b", volumeDice: NaN }];
  const scores = scoresOf(0.8, { classes });
  const { metrics } = endEpoch(state, { scores, lr: 1, names: ["a", "b"], saved: null });
  const { epoch, loss, dice, bce } = metrics;
  assert.deepEqual([epoch, loss, dice, bce], [2, 1, 0.5, 0.5]);
  assert.deepEqual(metrics.classes, [
    { name: "a", dice: 0.25, valVolumeDice: 0.8 },
    { name: "b", dice: 0.75, valVolumeDice: null },
  ]);
});

Deno.test("endEpoch() calls an epoch the best only where its score is above all before", () => {
  const state = counters();
  const end = (scores: EvalResult | null) => {
    Object.assign(state, { batch: 2, sums: [3, 1, 2] });
    return endEpoch(state, { scores, lr: 1, names, saved: null }).isBest;
  };
  const volumeDice = [0.5, 0.4, 0.5, 0.7, 0.6];
  assert.deepEqual(volumeDice.map((score) => end(scoresOf(score))), [
    true,
    false,
    false,
    true,
    false,
  ]);
  assert.deepEqual(state.best, { epoch: 4, score: 0.7 });
  // Where no volume has a score there is nothing to choose by: the last one is kept
  assert.equal(end(scoresOf(NaN)), true);
  assert.equal(state.history.at(-1)!.valVolumeDice, null);
  assert.equal(end(null), true);
  assert.deepEqual(state.best, { epoch: 7, score: 0 });
});

Deno.test("endEpoch() says that a loss far above its start has diverged", () => {
  const saved = { step: 1, path: "runs/a/checkpoint.safetensors" };
  const end = (loss: number) =>
    endEpoch({ ...counters(), sums: [2 * loss, 0, 0] }, { scores: null, lr: 1, names, saved });
  end(12.5);
  assert.throws(() => end(12.6), { code: "diverged" });
  assert.throws(() => end(12500), (error) => {
    assert.ok(error instanceof InputError);
    assert.equal(error.code, "diverged");
    assert.match(
      error.message,
      /the loss of the epoch is 1\.25e\+4, 10000 times that of the first/,
    );
    assert.match(error.hint, /lower learning rate.*step 1 are safe in runs\/a/);
    return true;
  });
});

Deno.test("endEpoch() names the validation slices whose loss is not a number", () => {
  const slices = [0.5, NaN].map((bce, index) => ({
    case: "a",
    index,
    diceLoss: 0.5,
    bce,
    dice: 0,
  }));
  assert.throws(
    () =>
      endEpoch(counters(), {
        scores: scoresOf(0.5, { bce: NaN, slices }),
        lr: 1,
        names,
        saved: null,
      }),
    /the validation loss is NaN at step 2 \(slices a 1\)/,
  );
});

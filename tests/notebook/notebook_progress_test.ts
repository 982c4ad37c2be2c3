import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import * as tf from "@tensorflow/tfjs";
import { drawProgress, NotebookProgress } from "../../lib/notebook/notebook_progress.ts";
import { watchedMask } from "../../lib/notebook/watched_mask.ts";
import { MedNca } from "../../lib/nca/med_nca.ts";
import { hash32 } from "../../lib/support/random.ts";
import type { Sample } from "../../lib/slices/slice_dataset.ts";
import type { EpochMetrics } from "../../lib/training/metrics.ts";

const step = {
  epoch: 2,
  epochs: 4,
  batch: 3,
  batches: 6,
  loss: 1.2345,
  dice: 0.8,
  bce: 0.4345,
  lr: 1e-3,
  secondsLeft: 65,
};
const epochOf = (epoch: number, loss: number): EpochMetrics => ({
  ...{ epoch, loss, dice: loss, bce: 0, lr: 1e-3, seconds: 1, classes: [] },
  ...{ valLoss: loss, valDice: loss, valBce: 0, valScore: 0.5, valVolumeDice: 0.5 },
});
const done = (svg: string) => {
  const bars = [...svg.matchAll(/width="([\d.]+)" height="12" rx="6"/g)];
  return Number(bars[1]![1]) / Number(bars[0]![1]);
};

const svgOf = (output: Record<string, string>) => {
  const [, base64] = /src="data:image\/svg\+xml;base64,([^"]+)"/.exec(output["text/html"]!)!;
  return Buffer.from(base64!, "base64").toString();
};

/** A progress, and what it shows. */
function progressOf({ milliseconds = 0, watch }: { milliseconds?: number; watch?: Sample } = {}) {
  const shown: { svg: string; update: boolean | undefined }[] = [];
  const buttons: string[] = [];
  const stopButton = () => {
    buttons.push("shown");
    return { close: () => Promise.resolve(void buttons.push("closed")) };
  };
  const progress = new NotebookProgress(
    { milliseconds, watch, view: "raw", stopButton },
    (bundle, { update } = {}) => {
      shown.push({ svg: svgOf(bundle), update });
      return Promise.resolve();
    },
  );
  return { progress, shown, buttons };
}

Deno.test("drawProgress has the bar, the figures and the curves of a training", () => {
  const losses = [{ epoch: 0.2, loss: 1.5 }, { epoch: 1.5, loss: 1.2345 }];
  const state = { total: 4, last: step, losses, epochs: [], mask: undefined };
  const svg = drawProgress(state);
  assert.match(svg, /Epoch 2 of 4, batch 3 of 6, .* left/);
  assert.match(svg, /loss 1\.234/);
  assert.ok(Math.abs(done(svg) - 1.5 / 4) < 1e-9);
  const last = drawProgress({ ...state, last: { ...step, epoch: 4, batch: 6 } });
  assert.doesNotMatch(last, / left/);
});

Deno.test("notebookProgress of a finished run shows its curve, and of a resumed one goes on", () => {
  const history = [epochOf(1, 1.25), epochOf(2, 0.75)];
  const { progress: old, shown: finished, buttons: none } = progressOf();
  old.start(history, { epochs: 2 });
  old.stop();
  assert.equal(finished.length, 1);
  assert.match(finished[0]!.svg, /2 of 2 epochs were done before/);
  assert.equal(done(finished[0]!.svg), 1);
  assert.deepEqual(none, []); // there is nothing to stop

  const { progress, shown: resumed, buttons } = progressOf();
  progress.start(history, { epochs: 4 });
  assert.deepEqual(buttons, ["shown"]);
  progress.step({ ...step, epoch: 3, batch: 1, batches: 2 });
  assert.deepEqual(resumed.map(({ update }) => update), [false, true]);
  assert.equal(done(resumed[0]!.svg), 0.5);
  assert.equal(done(resumed[1]!.svg), 2.5 / 4);
  // One line through both epochs at their middle and the step: three points, evenly spread
  const line = resumed[1]!.svg.match(/aria-label="line"><path d="M([^"]+)"/)![1]!;
  const xs = line.split(/[LC]/).map((point) => Number(point.split(",")[0]));
  assert.equal(xs.length, 3);
  assert.ok(Math.abs((xs[1]! - xs[0]!) - (xs[2]! - xs[1]!)) < 0.02, line);

  progress.stop();
  assert.deepEqual(buttons, ["shown", "closed"]);

  const { progress: fresh, shown } = progressOf();
  fresh.start([], { epochs: 2 });
  fresh.stop();
  assert.deepEqual(shown, []);
});

Deno.test("notebookProgress redraws the watched slice's mask after each epoch", async () => {
  await tf.setBackend("cpu");
  const model = new MedNca({ steps: [2, 1] }, { seed: 1 });
  const record = { case: "p1", index: 7, geometry: { size: [16, 16] } };
  const sample = {
    image: Float32Array.from({ length: 256 }, (_, i) => i / 256),
    label: Uint8Array.from({ length: 256 }, (_, i) => i % 16 < 8 ? 1 : 255),
    record,
  } as unknown as Sample;
  const options = { epochs: 2, best: true, model };
  const { progress, shown } = progressOf({ milliseconds: 1e9, watch: sample });
  progress.start([], { epochs: 2 });
  progress.step({ ...step, epoch: 1 });
  progress.epoch(epochOf(1, 1), options);
  assert.equal(shown.length, 2);
  assert.doesNotMatch(shown[0]!.svg, /p1, slice 7/);
  assert.match(shown[1]!.svg, /p1, slice 7.*after epoch 1/s);

  const before = tf.memory().numTensors;
  const view = { view: "raw", caption: "now" } as const;
  const untrained = watchedMask(model, sample, view).svg;
  assert.equal(tf.memory().numTensors, before);
  assert.match(untrained, /truth.*prediction/s);
  model.model2.variables.get("fc2.bias")!.assign(tf.fill([15], 100)); // every pixel is foreground
  const other = watchedMask(model, sample, view).svg;
  assert.notEqual(other, untrained);
  const forward = model.forward.bind(model);
  const asked: unknown[] = [];
  model.forward = (images, given) => {
    asked.push(given);
    return forward(images, given);
  };
  const third = { ...sample, record: { ...sample.record, index: 3 } };
  assert.match(watchedMask(model, third, view).svg, /slice 3/);
  assert.deepEqual(asked, [{ seeds: [hash32(0, 3)], stats: "slice" }]); // as when it is evaluated
  model.forward = forward;
  const ignored = { ...sample, label: sample.label.map((code) => code === 1 ? 1 : 0) } as Sample;
  assert.equal(watchedMask(model, ignored, view).svg, other); // 255 is no truth
  model.dispose();
});

import * as tf from "@tensorflow/tfjs";
import assert from "node:assert/strict";
import { join } from "@std/path";
import { initBackend } from "../../lib/backend.ts";
import { evalMedNca } from "../../lib/evaluation/eval_med_nca.ts";
import { MedNca } from "../../lib/nca/med_nca.ts";
import { loadWeights } from "../../lib/nca/weights.ts";
import { InputError } from "../../lib/support/errors.ts";
import { extractSlices } from "../../lib/slices/extract_slices.ts";
import { encodeNpy } from "../../lib/slices/npy.ts";
import { loadSlice } from "../../lib/slices/save_slice.ts";
import { SliceDataset } from "../../lib/slices/slice_dataset.ts";
import { Adam } from "../../lib/training/adam.ts";
import { readCheckpoint } from "../../lib/training/checkpoint.ts";
import { resolveConfig } from "../../lib/training/config.ts";
import type { EpochMetrics } from "../../lib/training/metrics.ts";
import { type Progress, silentProgress } from "../../lib/training/progress.ts";
import { modelConfig, modelKeys } from "../../lib/training/model_config.ts";
import { trainMedNca, type TrainResult } from "../../lib/training/mod.ts";
import { trainingStep } from "../support/training_step.ts";
import { readEvents } from "./support/read_events.ts";
import { TINY, withTinyData } from "./support/tiny_data.ts";

await initBackend({ backend: "wasm", channels: 8, hidden: 8, threads: 1 });

const weightsOf = (model: MedNca) => model.variables.map((variable) => [...variable.dataSync()]);
const withoutTimes = (history: readonly EpochMetrics[]) =>
  history.map((row) => ({ ...row, seconds: 0 }));

const casesOf = (data: SliceDataset) => [...new Set(data.slices.map((slice) => slice.case))];

/** Aborts after some steps. */
function abortAfter(steps: number): { progress: Progress; signal: AbortSignal } {
  const controller = new AbortController();
  let done = 0;
  const progress = {
    ...silentProgress,
    step: () => ++done === steps ? controller.abort() : undefined,
  };
  return { progress, signal: controller.signal };
}

Deno.test("the loss falls, and the history tells", async () => {
  await withTinyData(async ({ train, validation }) => {
    const bests: boolean[] = [];
    const { history, best, aborted, model } = await trainMedNca({
      train,
      validation,
      config: { ...TINY, epochs: 12 },
      progress: { ...silentProgress, epoch: (_, { best }) => void bests.push(best) },
    });
    assert.equal(aborted, false);
    const scores = history.map(({ valVolumeDice }) => valVolumeDice!);
    assert.deepEqual(bests, scores.map((score, i) => score > Math.max(-1, ...scores.slice(0, i))));
    assert.deepEqual(
      history.map(({ epoch }) => epoch),
      Array.from({ length: 12 }, (_, i) => i + 1),
    );
    const [first, last] = [history[0]!, history.at(-1)!];
    assert.ok(last.loss < 0.7 * first.loss, `${first.loss} to ${last.loss}`);
    assert.ok(last.valLoss! < first.valLoss!);
    assert.ok(best!.score > 0.7, `volume Dice ${best!.score}`);
    assert.ok(Math.abs(last.loss - last.dice - last.bce) < 1e-6);
    assert.equal(last.lr, 1e-2 * (1 + Math.cos(Math.PI * 11 / 12)) / 2);
    model.dispose();
  });
});

Deno.test("the same seed gives the same weights, another seed others", async () => {
  await withTinyData(async ({ train }) => {
    const run = async (seed: number) => {
      const { model } = await trainMedNca({ train, config: { ...TINY, epochs: 1, seed } });
      return weightsOf(model);
    };
    assert.deepEqual(await run(1), await run(1));
    assert.notDeepEqual(await run(1), await run(2));
  });
});

Deno.test("trainMedNca logs every third batch, if logEvery is 3", async () => {
  await withTinyData(async ({ train, folder }) => {
    const out = join(folder, "run");
    (await trainMedNca({ train, config: { ...TINY, epochs: 2, logEvery: 3 }, out })).model
      .dispose();
    const logged = (await readEvents(join(out, "events")))
      .filter(({ values }) => "Loss/batch" in values).map(({ step }) => step);
    assert.deepEqual(logged, [3, 6, 9]); // of ten
  });
});

/** All that a finished run must have in common with one that was stopped and resumed. */
async function contentOf(folder: string, result: TrainResult) {
  const metrics = await Deno.readTextFile(join(folder, "metrics.csv"));
  return {
    weights: weightsOf(result.model),
    last: weightsOf(await loadWeights(join(folder, "last"))),
    best: [result.best, weightsOf(await loadWeights(folder))],
    history: withoutTimes(result.history),
    metrics: metrics.split("\n").map((line) => line.replace(/[^,]*$/, "")),
    events: await readEvents(join(folder, "events")),
    checkpoint: (await Deno.readFile(join(folder, "checkpoint.safetensors"))).slice(-4000),
  };
}

/** Every option that a checkpoint or the place within an epoch matters to. */
const AVERAGED = {
  ...TINY,
  ema: 0.9,
  emptySlices: 0.5,
  schedule: "cosine-batch",
  warmup: 0.5,
} as const;

Deno.test("with ema, the mean of the weights is scored, kept and returned", async () => {
  await withTinyData(async ({ train, validation, folder }) => {
    const out = join(folder, "run");
    const { history, model } = await trainMedNca({ train, validation, config: AVERAGED, out });
    const plain = await trainMedNca({ train, validation, config: { ...AVERAGED, ema: 0 } });
    // It does not touch the training itself, only what is made of it.
    assert.deepEqual(history.map(({ loss }) => loss), plain.history.map(({ loss }) => loss));
    assert.notEqual(history.at(-1)!.valLoss, plain.history.at(-1)!.valLoss);
    assert.deepEqual(weightsOf(await loadWeights(join(out, "last"))), weightsOf(model));
    assert.notDeepEqual(weightsOf(plain.model), weightsOf(model));
    const { valLoss } = history.at(-1)!;
    const again = await evalMedNca(model, validation, { batchSize: TINY.batchSize!, seed: 5 });
    assert.equal(again.diceLoss + again.bce, valLoss);
  });
});

Deno.test("a run with ema, warm-up and a rate by batch resumes to the same bits", async () => {
  await withTinyData(async ({ train, validation, folder }) => {
    const whole = join(folder, "whole");
    const options = { train, validation, config: AVERAGED };
    const expected = await contentOf(whole, await trainMedNca({ ...options, out: whole }));
    const out = join(folder, "stopped");
    await trainMedNca({ ...options, out, ...abortAfter(7) });
    const resumed = await trainMedNca({ ...options, out, resume: true });
    assert.deepEqual(await contentOf(out, resumed), expected);
  });
});

// 9 slices in batches of 2: five steps an epoch, so 5 is the end of an epoch, 7 within the next.
for (const stops of [[5], [7], [1, 3, 14]]) {
  Deno.test(`a run stopped after step ${stops.join(", ")} resumes to the same bits`, async () => {
    await withTinyData(async ({ train, validation, folder }) => {
      const whole = join(folder, "whole");
      const options = { train, validation, config: TINY };
      const expected = await contentOf(whole, await trainMedNca({ ...options, out: whole }));
      assert.equal(expected.history.length, 3);
      assert.equal(expected.metrics.length, 5); // head, three epochs, the end

      const out = join(folder, "stopped");
      let before = 0;
      for (const [i, stop] of stops.entries()) {
        const abort = abortAfter(stop - before);
        const stopped = await trainMedNca({ ...options, out, resume: i > 0, ...abort });
        assert.equal(stopped.aborted, true);
        const [step] = (await readEvents(join(out, "events")))
          .filter(({ values }) => "Loss/batch" in values).map(({ step }) => step).slice(-1);
        assert.ok(step! >= stop && step! <= stop + 1, `stopped at ${step}`);
        before = step!;
      }
      const resumed = await trainMedNca({ ...options, out, resume: true });
      assert.deepEqual(await contentOf(out, resumed), expected);
    });
  });
}

Deno.test("what a crash left after the last checkpoint is done again, not doubled", async () => {
  await withTinyData(async ({ train, validation, folder }) => {
    const whole = join(folder, "whole");
    const options = { train, validation, config: TINY };
    const expected = await contentOf(whole, await trainMedNca({ ...options, out: whole }));

    const out = join(folder, "crashed");
    const crash = {
      ...silentProgress,
      epoch: ({ epoch }: EpochMetrics) => {
        if (epoch === 2) throw new Error("power cut");
      },
    };
    let saved: Uint8Array | undefined;
    const keep = {
      ...crash,
      step: () => saved ??= Deno.readFileSync(join(out, "checkpoint.safetensors")),
    };
    await assert.rejects(trainMedNca({ ...options, out, progress: keep }), /power cut/);
    await Deno.writeFile(join(out, "checkpoint.safetensors"), saved!); // the one before any step
    const resumed = await trainMedNca({ ...options, out, resume: true });
    assert.deepEqual(await contentOf(out, resumed), expected);
  });
});

Deno.test("trainMedNca gives its progress the epochs of before, and the model after each", async () => {
  await withTinyData(async ({ train, folder }) => {
    const out = join(folder, "run");
    const told: unknown[] = [];
    const progress: Progress = {
      ...silentProgress,
      start: (history, { epochs }) => told.push([history.map(({ epoch }) => epoch), epochs]),
      epoch: ({ epoch }, { model, best }) => told.push([epoch, model.parameterCount, best]),
    };
    await trainMedNca({ train, config: { ...TINY, epochs: 1 }, out, progress });
    await trainMedNca({ train, config: { ...TINY, epochs: 2 }, out, resume: true, progress });
    await trainMedNca({ train, config: { ...TINY, epochs: 2 }, out, resume: true, progress });
    // Without validation none is called the best
    assert.deepEqual(told, [[[], 1], [1, 590, false], [[1], 2], [2, 590, false], [[1, 2], 2]]);
  });
});

Deno.test("a resumed run may have more epochs, but no other settings", async () => {
  await withTinyData(async ({ train, folder }) => {
    const out = join(folder, "run");
    const config = { ...TINY, epochs: 1 };
    await trainMedNca({ train, config, out });
    await assert.rejects(trainMedNca({ train, config, out }), (error) => {
      assert.ok(error instanceof InputError);
      assert.match(error.message, /the folder already holds one/);
      assert.match(error.hint, /--resume/);
      return true;
    });
    await assert.rejects(
      trainMedNca({ train, out, resume: true, config: { ...config, learningRate: 1, seed: 6 } }),
      /seed was 5, now 6; learningRate was 0.01, now 1/,
    );
    await assert.rejects(
      trainMedNca({ train, config, out: join(folder, "none"), resume: true }),
      /there is no checkpoint/,
    );
    const more = { ...config, epochs: 2 };
    const { history } = await trainMedNca({ train, config: more, out, resume: true });
    assert.equal(history.length, 2);
    const written = JSON.parse(await Deno.readTextFile(join(out, "config.json")));
    assert.equal(written.epochs, 2);
  });
});

Deno.test("a loss that is not a number ends the run and leaves good weights", async () => {
  await withTinyData(async ({ train, folder }) => {
    const out = join(folder, "run");
    const model = new MedNca(modelKeys(resolveConfig(TINY)), { seed: 5 });
    let steps = 0;
    const spoil = {
      ...silentProgress,
      step: () => {
        const weight = model.variables[0]!;
        if (++steps === 7) weight.assign(tf.fill(weight.shape, NaN));
      },
    };
    await assert.rejects(
      trainMedNca({ train, config: TINY, out, model, progress: spoil }),
      (error) => {
        assert.ok(error instanceof InputError);
        assert.match(error.message, /the loss is NaN at step [89] \(slices case_\d \d/);
        assert.match(error.hint, /step 5 are safe in .*checkpoint\.safetensors/);
        return true;
      },
    );
    await loadWeights(out); // refuses weights that are not finite
    await loadWeights(join(out, "last"));
    const { history } = await trainMedNca({ train, config: TINY, out, resume: true });
    assert.equal(history.length, 3);
    assert.ok(history.every(({ loss }) => Number.isFinite(loss)));
  });
});

Deno.test("a step that ruins the weights at the end of an epoch is caught before saving", async () => {
  await withTinyData(async ({ train, folder }) => {
    const out = join(folder, "run");
    const model = new MedNca(modelKeys(resolveConfig(TINY)), { seed: 5 });
    let steps = 0;
    const spoil = {
      ...silentProgress,
      step: () => {
        const weight = model.variables[0]!;
        if (++steps === 10) weight.assign(tf.fill(weight.shape, Infinity));
      },
    };
    await assert.rejects(
      trainMedNca({ train, config: TINY, out, model, progress: spoil }),
      /model1\.perception\.weight is not finite at step 10/,
    );
    assert.equal((await loadWeights(out)).parameterCount, model.parameterCount);
  });
});

Deno.test("a gradient that is not finite is reported with its own step and slices", async () => {
  await withTinyData(async ({ train, folder }) => {
    const out = join(folder, "run");
    const { apply } = Adam.prototype;
    let steps = 0;
    Adam.prototype.apply = function (gradients, rate) {
      const spoil = ++steps === 7;
      tf.tidy(() => apply.call(this, spoil ? gradients.map((g) => g.mul(NaN)) : gradients, rate));
    };
    const batches = await Array.fromAsync(
      train.batches({ batchSize: 2, seed: 5, epoch: 1, shuffle: true }),
    );
    const slices = batches[1]!.records.map((slice) => `${slice.case} ${slice.index}`).join(", ");
    try {
      await assert.rejects(trainMedNca({ train, config: TINY, out }), (error) => {
        assert.ok(error instanceof InputError);
        assert.equal(
          error.message,
          `Cannot continue training: a gradient is not finite at step 7 (slices ${slices})`,
        );
        assert.match(error.hint, /weights of step 5 are safe in .*checkpoint\.safetensors/);
        return true;
      });
    } finally {
      Adam.prototype.apply = apply;
    }
    (await loadWeights(out)).dispose();
    assert.equal((await readCheckpoint(join(out, "checkpoint.safetensors"))).counters.step, 5);
    const { history } = await trainMedNca({ train, config: TINY, out, resume: true });
    assert.equal(history.length, 3);
  });
});

Deno.test("a slice that cannot be read stops the run, with the steps before it saved", async () => {
  await withTinyData(async ({ train, validation, folder }) => {
    const options = { train, validation, config: TINY };
    const whole = join(folder, "whole");
    const expected = await contentOf(whole, await trainMedNca({ ...options, out: whole }));

    const out = join(folder, "run");
    const again = await SliceDataset.open(train.folder, { cases: casesOf(train) });
    const get = again.get.bind(again);
    let reads = 0; // 9 an epoch; the second epoch's fourth batch holds the 16th
    again.get = (i) => {
      return ++reads === 16
        ? Promise.reject(new InputError("Cannot read slice: gone", { code: "bad-slice" }))
        : get(i);
    };
    await assert.rejects(trainMedNca({ ...options, train: again, out }), /Cannot read slice: gone/);
    const { counters } = await readCheckpoint(join(out, "checkpoint.safetensors"));
    assert.equal(counters.step, 8);
    const resumed = await trainMedNca({ ...options, out, resume: true });
    assert.deepEqual(await contentOf(out, resumed), expected);
  });
});

Deno.test("ten training steps leave no tensor behind", async () => {
  await withTinyData(async ({ train }) => {
    const config = resolveConfig(TINY);
    const before = tf.memory().numTensors;
    const model = new MedNca(modelKeys(config));
    const adam = new Adam(model.variables, config);
    const counts: number[] = [];
    for (let epoch = 0; epoch < 2; epoch++) {
      for await (const batch of train.batches({ batchSize: 2, seed: 0, epoch })) {
        const seeds = batch.records.map((_, i) => i);
        trainingStep(model, adam, batch, seeds).dispose();
        counts.push(tf.memory().numTensors);
      }
    }
    assert.equal(counts.length, 10);
    assert.deepEqual(new Set(counts).size, 1, `${counts}`);
    adam.dispose();
    model.dispose();
    assert.equal(tf.memory().numTensors, before);

    const result = await trainMedNca({ train, validation: train, config: TINY });
    result.model.dispose();
    assert.equal(tf.memory().numTensors, before);
  });
});

Deno.test("trainMedNca() keeps the weights of the epoch that scores best, and only those", async () => {
  await withTinyData(async ({ train, validation, folder }) => {
    const out = join(folder, "run");
    // A rate that overshoots: epochs get better and worse
    const config = { ...TINY, epochs: 6, learningRate: 0.1, schedule: "step", seed: 3 } as const;
    const { history, best, model } = await trainMedNca({ train, validation, config, out });
    model.dispose();
    const scores = history.map(({ valVolumeDice }) => valVolumeDice!);
    const top = Math.max(...scores);
    assert.notEqual(scores.at(-1), top, `the last of ${scores} must not be the best`);
    assert.deepEqual(best, { epoch: scores.indexOf(top) + 1, score: top });
    const score = async (path: string) => {
      const weights = await loadWeights(path);
      const { volumeDice } = await evalMedNca(weights, validation, { batchSize: 2, seed: 3 });
      weights.dispose();
      return volumeDice;
    };
    assert.equal(await score(out), top);
    assert.equal(await score(join(out, "last")), scores.at(-1));
  });
});

Deno.test("trainMedNca() says that it diverged where the loss stays finite", async () => {
  await withTinyData(async ({ train, folder }) => {
    const out = join(folder, "run");
    const config = { ...TINY, learningRate: 1e3 };
    await assert.rejects(trainMedNca({ train, config, out }), (error) => {
      assert.ok(error instanceof InputError);
      assert.equal(error.code, "diverged");
      assert.match(error.message, /the loss of the epoch is .* times that of the first step/);
      return true;
    });
    assert.equal((await readCheckpoint(join(out, "checkpoint.safetensors"))).counters.step, 0);
  });
});

Deno.test("a NaN in a prepared slice is named as what it is, not as a learning rate too high", async () => {
  await withTinyData(async ({ train }) => {
    const path = join(train.folder, train.slices[0]!.image);
    const image = (await loadSlice(path)).data;
    image[5] = NaN;
    await Deno.writeFile(path, encodeNpy({ data: image, shape: [16, 16] }));
    await assert.rejects(trainMedNca({ train, config: TINY }), (error) => {
      assert.ok(error instanceof InputError);
      assert.equal(error.code, "bad-prepared");
      assert.match(error.message, /values that are not finite: .*case_0_slice_000\.npy$/);
      assert.doesNotMatch(error.hint, /learning rate/);
      return true;
    });
  });
});

Deno.test("a resume with nothing left to do leaves the run as it was", async () => {
  await withTinyData(async ({ train, validation, folder }) => {
    const out = join(folder, "run");
    const options = { train, validation, config: { ...TINY, epochs: 1 }, out };
    const whole = await contentOf(out, await trainMedNca(options));
    const names = () => Array.fromAsync(Deno.readDir(join(out, "events")), ({ name }) => name);
    const before = await names();
    const again = await trainMedNca({ ...options, resume: true });
    assert.deepEqual(await contentOf(out, again), whole);
    assert.deepEqual(await names(), before);
  });
});

Deno.test("trainMedNca() does not go on with slices of another size", async () => {
  await withTinyData(async ({ train, folder }) => {
    const out = join(folder, "run");
    const config = { ...TINY, epochs: 1 };
    (await trainMedNca({ train, config, out })).model.dispose();
    const other = join(folder, "other");
    await extractSlices({ data: join(folder, "data"), out: other, size: [8, 8] });
    const cases = casesOf(train);
    const smaller = await SliceDataset.open(other, { cases });
    await assert.rejects(
      trainMedNca({ train: smaller, config, out, resume: true }),
      /the slices have changed: the size was \[16,16\], now \[8,8\]/,
    );
  });
});

Deno.test("trainMedNca() with neighbours makes a model of three slices, which says so", () =>
  withTinyData(async ({ train, validation, folder }) => {
    const out = join(folder, "run");
    const config = { ...TINY, neighbours: 1, epochs: 1 };
    const { model, history } = await trainMedNca({ train, validation, config, out });
    const { volumeDice } = await evalMedNca(model, validation, { seed: TINY.seed! });
    assert.equal(volumeDice, history[0]!.valVolumeDice);
    const stored = await loadWeights(out);
    assert.deepEqual([stored.config.neighbours, stored.config.imageChannels], [1, 3]);
    stored.dispose();
    model.dispose();
    await assert.rejects(
      trainMedNca({ train, validation, config: { ...config, neighbours: 0 }, out, resume: true }),
      /neighbours/,
    );
    const small = { ...resolveConfig(config), channels: 3 };
    assert.throws(() => modelConfig(small, train.manifest.settings), {
      name: "InputError",
      message: /3 image channels \(of 3 slices\) and 1 classes need 4 channels per cell/,
      hint: /fewer channels with --channel, fewer --neighbours or fewer classes/,
    });
  }));

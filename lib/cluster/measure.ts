/**
 * Measures how fast this machine trains and predicts on some data.
 *
 * @module
 */

import * as tf from "@tensorflow/tfjs";
import * as v from "valibot";
import { openViews } from "../evaluation/open_views.ts";
import { predictCase, type TrainedModel } from "../evaluation/predict_case.ts";
import { segmentationLoss } from "../losses/segmentation_loss.ts";
import { MedNca } from "../nca/med_nca.ts";
import { IGNORED } from "../slices/case.ts";
import type { CaseSettings } from "../slices/case_settings.ts";
import type { CaseSource } from "../slices/discovery/case_source.ts";
import { discoverCases } from "../slices/mod.ts";
import { openCase } from "../slices/open_case.ts";
import { SliceSettingsSchema } from "../slices/slice_settings.ts";
import { chooseSplit } from "../slices/split/choose_split.ts";
import { surveyCases } from "../slices/survey.ts";
import { InputError } from "../support/errors.ts";
import { Random } from "../support/random.ts";
import { batchTensors, type Config, lossGradients, modelConfig } from "../training/mod.ts";
import type { MeasuredPrediction, MeasuredTraining } from "./size_jobs.ts";

/** Cases whose headers are read; the others are taken to be like them. */
const MOST_HEADERS = 50;
/** Cases whose labels are read, if an epoch leaves out slices without an object. */
const MOST_LABELS = 10;
/** Steps that are measured, after one that warms up; the fastest counts: others may share it. */
const STEPS = 3;
/** Images that are predicted to see how long that takes, after one that warms up. */
const MOST_PREDICTED = 2;

/**
 * Measures training steps on noise, in slices of the size that the data has, and counts the slices
 * of each part of the split.
 *
 * @throws {InputError} If the data set or the settings cannot be used.
 */
export async function measureTraining(config: Config): Promise<MeasuredTraining> {
  const { cases, description } = await discoverCases(config.data);
  const [labelled, unlabelled] = [true, false].map((isLabelled) =>
    cases.filter(({ files: [first] }) => (first!.label !== null) === isLabelled)
  ) as [CaseSource[], CaseSource[]];
  const settings = v.parse(SliceSettingsSchema, config);
  const seen = await surveyCases(evenly(labelled, MOST_HEADERS), settings, description);
  if (seen.headers.length === 0) {
    throw new InputError("Cannot use the data set: no case with a label can be read", {
      code: "bad-data-set",
      path: config.data,
      hint: "deno task verify lists what is wrong",
    });
  }
  const [ids, others] = [labelled, unlabelled].map((some) => some.map(({ id }) => id));
  const { split } = await chooseSplit(config, ids!, others!);
  const each = seen.headers.reduce((sum, { count }) => sum + count, 0) / seen.headers.length;
  const { emptySlices, batchSize } = config;
  const used = emptySlices === 1
    ? 1
    : emptySlices + (1 - emptySlices) * await filledShare(labelled, seen.settings);
  const model = new MedNca(modelConfig(config, seen.settings), { seed: 0 });
  try {
    const batch = noise(seen.size, batchSize, model.config);
    const seeds = Array.from({ length: batchSize }, (_, i) => i);
    const { kind } = seen.settings.targets;
    const train = () =>
      tf.tidy(() => {
        const { images, labels, keep } = batchTensors(batch);
        const loss = () =>
          segmentationLoss(model.forward(images, { seeds }), labels, { kind, keep });
        return lossGradients(model, loss).losses;
      });
    const infer = () => tf.tidy(() => model.forward(batchTensors(batch).images, { seeds }));
    return {
      slices: {
        train: split.train.length * each * used,
        validation: split.validation.length * each,
        test: split.test.length * each,
      },
      batchSize,
      trainSeconds: await secondsOf(train) / batchSize,
      inferSeconds: await secondsOf(infer) / batchSize,
      bytes: Deno.memoryUsage().rss,
    };
  } finally {
    model.dispose();
  }
}

/** The share of slices that show an object, in some of the cases; 1 if none can be read. */
async function filledShare(cases: readonly CaseSource[], settings: CaseSettings): Promise<number> {
  let [filled, all] = [0, 0];
  for (const source of evenly(cases, MOST_LABELS)) {
    const { case: opened } = await openCase(source, settings, { labels: true, normalized: false });
    for (const index of opened?.indices ?? []) {
      all++;
      if (opened!.label(index).data.some((code) => code > 0 && code !== IGNORED)) filled++;
    }
  }
  return all === 0 ? 1 : filled / all;
}

/** Measures predictions of a few of the images; nothing is written. */
export async function measurePrediction(
  models: readonly TrainedModel[],
  sources: readonly CaseSource[],
  options: { batchSize: number; samples: number },
): Promise<MeasuredPrediction> {
  const times: number[] = [];
  for (const source of evenly(sources, MOST_HEADERS)) {
    if (times.length > MOST_PREDICTED) break;
    const start = performance.now();
    try {
      const { views } = await openViews(models, source, false);
      await predictCase(views, { ...options, seed: 0, keepProbabilities: false });
    } catch (error) {
      if (!(error instanceof InputError)) throw error;
      continue; // reported when it is its turn
    }
    times.push((performance.now() - start) / 1000);
  }
  const counted = times.length > 1 ? times.slice(1) : times;
  const sum = counted.reduce((a, b) => a + b, 0);
  return { seconds: sum / Math.max(1, counted.length), bytes: Deno.memoryUsage().rss };
}

/** Some of many, evenly spaced. */
function evenly<T>(items: readonly T[], most: number): T[] {
  const step = Math.max(1, items.length / most);
  return Array.from(
    { length: Math.min(items.length, most) },
    (_, i) => items[Math.floor(i * step)]!,
  );
}

function noise(
  [height, width]: readonly [number, number],
  size: number,
  { imageChannels: channels, classes }: MedNca["config"],
) {
  const random = new Random(0);
  const pixels = size * height * width;
  return {
    images: Float32Array.from({ length: pixels * channels }, () => random.uniform()),
    labels: Float32Array.from({ length: pixels * classes }, () => Math.round(random.uniform())),
    keep: null,
    ...{ size, height, width, channels, classes, records: [] },
  };
}

async function secondsOf(step: () => tf.Tensor): Promise<number> {
  const run = async () => {
    const result = step();
    await result.data(); // waits for the device
    result.dispose();
  };
  await run();
  let fastest = Infinity;
  for (let i = 0; i < STEPS; i++) {
    const start = performance.now();
    await run();
    fastest = Math.min(fastest, performance.now() - start);
  }
  return fastest / 1000;
}

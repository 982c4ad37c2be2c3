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
import type { CaseSource } from "../slices/discovery/case_source.ts";
import { discoverCases } from "../slices/mod.ts";
import { SliceSettingsSchema } from "../slices/slice_settings.ts";
import { surveyCases } from "../slices/survey.ts";
import { InputError } from "../support/errors.ts";
import { Random } from "../support/random.ts";
import { batchTensors, type Config, lossGradients, modelConfig } from "../training/mod.ts";
import type { Measured } from "./size_jobs.ts";

/** Cases whose headers are read; the others are taken to be like them. */
const MOST_HEADERS = 50;
/** Steps that count, after one that warms up. */
const STEPS = 2;
/** Images that are predicted to see how long that takes. */
const MOST_PREDICTED = 2;

/**
 * Measures training steps on noise, in slices of the size that the data has.
 *
 * @throws {InputError} If the data set or the settings cannot be used.
 */
export async function measureTraining(config: Config): Promise<Measured> {
  const { cases, description } = await discoverCases(config.data);
  const labelled = cases.filter(({ files: [first] }) => first!.label !== null);
  const settings = v.parse(SliceSettingsSchema, config);
  const seen = await surveyCases(evenly(labelled, MOST_HEADERS), settings, description);
  if (seen.headers.length === 0) {
    throw new InputError("Cannot use the data set: no case with a label can be read", {
      code: "bad-data-set",
      path: config.data,
      hint: "deno task verify lists what is wrong",
    });
  }
  const counts = seen.headers.map(({ count }) => count);
  const model = new MedNca(modelConfig(config, seen.settings), { seed: 0 });
  try {
    const batch = noise(seen.size, config.batchSize, model.config);
    const seeds = Array.from({ length: config.batchSize }, (_, i) => i);
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
      slices: labelled.length * counts.reduce((a, b) => a + b) / counts.length,
      trainSeconds: await secondsOf(train) / config.batchSize,
      inferSeconds: await secondsOf(infer) / config.batchSize,
      bytes: Deno.memoryUsage().rss,
    };
  } finally {
    model.dispose();
  }
}

/** Measures predictions of a few of the images; nothing is written. */
export async function measurePrediction(
  models: readonly TrainedModel[],
  sources: readonly CaseSource[],
  options: { batchSize: number; samples: number },
): Promise<Measured> {
  let [slices, seconds, images] = [0, 0, 0];
  for (const source of evenly(sources, MOST_HEADERS)) {
    if (images === MOST_PREDICTED) break;
    const start = performance.now();
    try {
      const { views, opened } = await openViews(models, source, false);
      await predictCase(views, { ...options, seed: 0, keepProbabilities: false });
      slices += opened.indices.length;
    } catch (error) {
      if (!(error instanceof InputError)) throw error;
      continue; // reported when it is its turn
    }
    seconds += (performance.now() - start) / 1000;
    images++;
  }
  return {
    slices: images === 0 ? 0 : slices / images,
    trainSeconds: 0,
    inferSeconds: slices === 0 ? 0 : seconds / slices,
    bytes: Deno.memoryUsage().rss,
  };
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
  const start = performance.now();
  for (let i = 0; i < STEPS; i++) await run();
  return (performance.now() - start) / 1000 / STEPS;
}

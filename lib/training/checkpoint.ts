/**
 * Everything that a training needs to continue, in one safetensors file: weights and optimiser as
 * tensors; counters, history, configuration and split as JSON in the metadata.
 *
 * There is no random state: order and masks are pure functions of seed, epoch and batch.
 *
 * @module
 */

import * as tf from "@tensorflow/tfjs";
import * as v from "valibot";
import type { MedNca } from "../nca/med_nca.ts";
import {
  decodeSafetensors,
  encodeSafetensors,
  type Safetensors,
  type StoredTensor,
} from "../nca/safetensors.ts";
import type { Split } from "../slices/split/split_cases.ts";
import { InputError } from "../support/errors.ts";
import { writeFileAtomic } from "../support/files.ts";
import { readRegularFile } from "../support/read_file.ts";
import { ifThere } from "../support/read_text.ts";
import type { Adam, AdamState } from "./adam.ts";
import { type Config, type ConfigOverrides, resolveConfig } from "./config.ts";
import { EpochMetricsSchema } from "./metrics.ts";
import { splitSchema } from "./run_folder.ts";
import { upgradeConfig } from "./stored_config.ts";

const count = v.pipe(v.number(), v.safeInteger(), v.minValue(0));

const countersSchema = v.object({
  /** Steps done. */
  step: count,
  /** The next epoch, counted from 0. */
  epoch: count,
  /** Its next batch, counted from 0. */
  batch: count,
  /**
   * Sums over the finished batches of this epoch: loss, Dice loss, cross-entropy, and the Dice loss
   * of each class.
   */
  sums: v.array(v.number()),
  /** The time for these batches. */
  seconds: v.number(),
  /** The loss of the first step, to detect divergence. */
  firstLoss: v.optional(v.nullable(v.number()), null),
  /** The best epoch so far, counted from 1, and its score. */
  best: v.nullable(v.object({ epoch: v.number(), score: v.number() })),
  /** The finished epochs. */
  history: v.array(EpochMetricsSchema),
  /** The valid part of the event log. */
  events: v.nullable(v.object({ file: v.string(), length: count })),
});

/** The progress of a training. */
export type Counters = v.InferOutput<typeof countersSchema>;

/** The progress at the start. */
export function firstCounters(): Counters {
  return {
    step: 0,
    epoch: 0,
    batch: 0,
    sums: [],
    seconds: 0,
    firstLoss: null,
    best: null,
    history: [],
    events: null,
  };
}

/**
 * Checks counters from a file.
 *
 * @throws {InputError} If they contradict each other or do not fit the slices.
 */
export function requireCoherent(
  { step, epoch, batch, history }: Counters,
  batches: number,
  path: string,
): void {
  const isCoherent = batch <= batches && step === epoch * batches + batch &&
    history.length === epoch && history.every((row, i) => row.epoch === i + 1);
  if (isCoherent) return;
  throw new InputError(
    `Cannot resume: the checkpoint is at step ${step}, batch ${batch} of epoch ${epoch + 1} ` +
      `with ${history.length} epochs done, but these slices make ${batches} batches per epoch`,
    {
      code: "bad-checkpoint",
      path,
      hint: "It is damaged, or belongs to other slices: start another run",
    },
  );
}

/** A checkpoint in memory. */
export interface Checkpoint {
  counters: Counters;
  config: Config;
  split: Split;
  /** Weights by name, such as `model1.fc1.weight`. */
  weights: ReadonlyMap<string, Float32Array>;
  adam: AdamState;
}

/**
 * A copy of the current weights, their running mean and the optimiser.
 *
 * @throws {RangeError} If one of them is not finite.
 */
export async function captureModel(
  model: MedNca,
  adam: Adam,
  mean: MedNca | null,
): Promise<Pick<Checkpoint, "weights" | "adam">> {
  const weights = new Map<string, Float32Array>();
  for (const [name, variable] of namedVariables(model, mean)) {
    weights.set(name, new Float32Array(await variable.data<"float32">()));
  }
  const state = await adam.state();
  for (const [name, values] of [...weights, ["adam.m", state.m], ["adam.v", state.v]] as const) {
    if (!values.every(Number.isFinite)) throw new RangeError(`${name} is not finite`);
  }
  return { weights, adam: state };
}

/** Restores what {@linkcode captureModel} copied from the same model. */
export function restoreModel(
  checkpoint: Checkpoint,
  model: MedNca,
  adam: Adam,
  mean: MedNca | null,
): void {
  for (const [name, variable] of namedVariables(model, mean)) {
    const values = checkpoint.weights.get(name);
    if (values?.length !== variable.size) throw new TypeError(`Cannot restore ${name}`);
    tf.tidy(() => variable.assign(tf.tensor(values, variable.shape)));
  }
  adam.load(checkpoint.adam);
}

/** Writes a checkpoint, atomically. */
export async function writeCheckpoint(path: string, checkpoint: Checkpoint): Promise<void> {
  const { weights, adam, counters, config, split } = checkpoint;
  const tensors = new Map<string, StoredTensor>(
    [...weights, ["adam.m", adam.m], ["adam.v", adam.v]].map(([name, data]) => [
      name as string,
      { dtype: "F32", shape: [data!.length], data: data as Float32Array },
    ]),
  );
  const metadata = { counters, config, split, adam: { step: adam.step } };
  await writeFileAtomic(
    path,
    encodeSafetensors(tensors, { checkpoint: JSON.stringify(metadata) }),
  );
}

/** No checkpoint is larger: weights, their mean and the optimiser's two moments. */
const MOST_BYTES = 2 ** 31;

const metadataSchema = v.object({
  counters: countersSchema,
  config: v.record(v.string(), v.unknown()),
  split: splitSchema,
  adam: v.object({ step: count }),
});

/**
 * Reads a checkpoint.
 *
 * @throws {InputError} If there is none, or it is damaged.
 */
export async function readCheckpoint(path: string): Promise<Checkpoint> {
  const purpose = { what: "checkpoint", code: "bad-checkpoint", most: MOST_BYTES } as const;
  const bytes = await ifThere(readRegularFile(path, purpose));
  if (bytes === undefined) {
    throw new InputError("Cannot resume: there is no checkpoint", {
      code: "bad-checkpoint",
      path,
      hint: "Nothing was trained there, or it was removed: start again without --resume",
    });
  }
  const { tensors, metadata } = decodeCheckpoint(bytes, path);
  const weights = new Map<string, Float32Array>();
  for (const [name, { data }] of tensors) weights.set(name, Float32Array.from(data));
  const [m, second] = [weights.get("adam.m"), weights.get("adam.v")];
  try {
    const { counters, config, split, adam } = v.parse(
      metadataSchema,
      JSON.parse(metadata["checkpoint"] ?? ""),
    );
    if (m === undefined || second === undefined) throw new TypeError("no optimiser");
    return {
      counters,
      config: resolveConfig(upgradeConfig(config) as ConfigOverrides, path),
      split,
      weights,
      adam: { step: adam.step, m, v: second },
    };
  } catch (cause) {
    if (cause instanceof InputError) throw cause;
    throw new InputError(`Cannot resume: not a checkpoint (${(cause as Error).message})`, {
      code: "bad-checkpoint",
      path,
      cause,
    });
  }
}

function decodeCheckpoint(bytes: Uint8Array, path: string): Safetensors {
  try {
    return decodeSafetensors(bytes, path);
  } catch (cause) {
    if (!(cause instanceof InputError)) throw cause;
    const why = cause.message.replace(/^Cannot read weights: /, "").slice(0, -`: ${path}`.length);
    throw new InputError(`Cannot read checkpoint: ${why}`, {
      code: "bad-checkpoint",
      path,
      hint: "Start another run, from its best weights with --init",
      cause,
    });
  }
}

function* namedVariables(model: MedNca, mean: MedNca | null): Generator<[string, tf.Variable]> {
  for (const [name, variable] of model.model1.variables) yield [`model1.${name}`, variable];
  for (const [name, variable] of model.model2.variables) yield [`model2.${name}`, variable];
  if (mean === null) return;
  for (const [name, variable] of namedVariables(mean, null)) yield [`ema.${name}`, variable];
}

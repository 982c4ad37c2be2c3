import { MedNca } from "../nca/med_nca.ts";
import { loadWeights } from "../nca/weights.ts";
import type { ModelInputs } from "../slices/model_inputs.ts";
import { slicesSeen } from "../slices/neighbours.ts";
import { InputError } from "../support/errors.ts";
import type { Config } from "./config.ts";
import { modelConfig } from "./model_config.ts";
import { readModelSettings } from "./run_folder.ts";

/**
 * Makes the initial model of a training from the weights of another model.
 *
 * Image channels and classes are matched by name: the same channels in any order, and the same
 * classes or some of them in any order. If both have one class, names do not matter; channels
 * without names keep their order.
 *
 * @param folder A run or model, with its `config.json` and `slices.json`.
 * @throws {InputError} If the folder holds no model, or its shape, channels or classes differ; the
 * error names both.
 */
export async function initialModel(
  folder: string,
  config: Config,
  inputs: ModelInputs,
): Promise<MedNca> {
  const { config: before, slices } = await readModelSettings(folder);
  const wanted = modelConfig(config, inputs);
  const places = matchChannels(slices, inputs, config, folder);
  const old = await loadWeights(folder, modelConfig({ ...before, ...shapeOf(config) }, slices));
  try {
    const values = [];
    for (const { variables } of [old.model1, old.model2]) {
      const named = new Map<string, Float32Array>();
      for (const [name, variable] of variables) named.set(name, await variable.data<"float32">());
      values.push(permuteChannels(named, places, wanted.imageChannels));
    }
    return new MedNca(wanted, { values: [values[0]!, values[1]!] });
  } finally {
    old.dispose();
  }
}

/** The settings that weights depend on. */
function shapeOf({ channels, hidden, kernels, neighbours }: Config) {
  return { channels, hidden, kernels, neighbours };
}

/**
 * For each channel of the new state, the matching one of the old state: image channels, then
 * logits, then the rest. All slices that the model sees have their channels in the same order.
 */
export function matchChannels(
  before: ModelInputs,
  now: ModelInputs,
  { channels, neighbours }: Pick<Config, "channels" | "neighbours">,
  folder: string,
): number[] {
  const images = matchNames(channelNames(before), channelNames(now));
  if (images === null) {
    throw mismatch("image channels", channelNames(before), channelNames(now), folder);
  }
  const [old, wanted] = [before, now].map(({ targets }) => targets.classes.map(({ name }) => name));
  const classes = before.targets.kind === now.targets.kind || old!.length === 1
    ? matchClasses(old!, wanted!)
    : null;
  if (classes === null) throw mismatch("classes", old!, wanted!, folder);
  const seen = Array.from({ length: slicesSeen(neighbours) }, (_, i) => i * images.length);
  const allImages = seen.flatMap((first) => images.map((place) => first + place));
  const placed = [...allImages, ...classes.map((index) => allImages.length + index)];
  const rest = Array.from({ length: channels }, (_, i) => i).filter((i) => !placed.includes(i));
  return [...placed, ...rest];
}

/** The names of a model's image channels; "channel 0" if the data has none. */
function channelNames({ channel, channels, trained }: ModelInputs): string[] {
  return Array.from({ length: channels! }, (_, i) => {
    const number = channel === "all" ? i : channel[i]!;
    return trained?.channelNames[number] ?? `channel ${number}`;
  });
}

/** The index of each wanted name among the old ones; null if unclear. */
function matchNames(old: readonly string[], wanted: readonly string[]): number[] | null {
  if (old.length !== wanted.length) return null;
  const isUnnamed = [old, wanted].some((names) => names.some((name) => /^channel \d+$/.test(name)));
  if (old.length === 1 || isUnnamed) return old.map((_, i) => i);
  const places = wanted.map((name) => old.indexOf(name));
  return new Set(places).size < old.length || places.includes(-1) ? null : places;
}

function matchClasses(old: readonly string[], wanted: readonly string[]): number[] | null {
  if (old.length === 1 && wanted.length === 1) return [0];
  const places = wanted.map((name) => old.indexOf(name));
  return places.includes(-1) ? null : places;
}

function mismatch(
  what: string,
  before: readonly string[],
  now: readonly string[],
  folder: string,
): InputError {
  return new InputError(
    `Cannot start from these weights: their ${what} are ${before.join(", ")}, those of the data ` +
      `are ${now.join(", ")}`,
    {
      code: "bad-weights",
      path: folder,
      hint: `Choose the same ones with ${
        what === "classes" ? "--labels, under the same names" : "--channel"
      }, or start without --init`,
    },
  );
}

/**
 * Reorders the channels of an NCA's state.
 *
 * @param values By PyTorch's names and shapes; perception and state have c channels, the update
 * only those that change.
 * @param places For each channel of the new state, its old index; the first ones are the image's,
 * before and after.
 * @param images The number of image channels.
 */
export function permuteChannels(
  values: ReadonlyMap<string, Float32Array>,
  places: readonly number[],
  images: number,
): Map<string, Float32Array> {
  const c = places.length;
  const changing = places.slice(images).map((place) => place - images);
  const both = [...places, ...places.map((place) => c + place)];
  const rows = (array: Float32Array, order: readonly number[], count: number) => {
    const size = array.length / count;
    return Float32Array.from(
      array,
      (_, i) => array[order[Math.floor(i / size)]! * size + i % size]!,
    );
  };
  const columns = (array: Float32Array, order: readonly number[]) =>
    Float32Array.from(array, (_, i) => array[i - i % order.length + order[i % order.length]!]!);
  return new Map([...values].map(([name, array]) => {
    if (name.startsWith("perception.")) return [name, rows(array, places, c)];
    if (name === "fc1.weight") return [name, columns(array, both)];
    if (name.startsWith("fc2.")) return [name, rows(array, changing, changing.length)];
    return [name, array];
  }));
}

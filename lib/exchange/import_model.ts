/**
 * Makes runs of models that were trained in PyTorch.
 *
 * @module
 */

import * as v from "valibot";
import { checkWeights, writeWeights } from "../nca/weights.ts";
import { SLICE_KEYS } from "../slices/mod.ts";
import { slicesSeen } from "../slices/neighbours.ts";
import { ModelInputsSchema } from "../slices/model_inputs.ts";
import { InputError } from "../support/errors.ts";
import { counted } from "../support/names_of.ts";
import { writeJsonAtomic } from "../support/files.ts";
import {
  type Config,
  type ConfigKey,
  type ConfigOverrides,
  resolveConfig,
} from "../training/config.ts";
import { modelConfig } from "../training/model_config.ts";
import { requireNoRun, runPaths } from "../training/run_folder.ts";
import { readStateDict } from "./read_state_dict.ts";

/** Settings that a state dict does not hold and predictions depend on most: they must be given. */
export const ASKED_KEYS = [
  "steps",
  "fireRate",
  "orientation",
  "axis",
  "normalize",
  "size",
] as const satisfies readonly ConfigKey[];

/** Other keys of the model and of slices; they have defaults. */
export const OTHER_KEYS = ["kernels", "neighbours", ...Object.keys(SLICE_KEYS)].filter((key) =>
  !(ASKED_KEYS as readonly string[]).includes(key) && key !== "format"
) as ConfigKey[];

/** What {@linkcode importModel} takes. */
export interface ImportOptions {
  /** The files of the coarse and of the fine automaton. */
  readonly from: readonly [coarse: string, fine: string];
  /** The folder of the run. */
  readonly out: string;
  /** Settings that the files do not hold; a preset can give all of them. */
  readonly settings: ConfigOverrides;
}

/**
 * Makes a run of PyTorch's state dicts. Channels, hidden units and image channels follow from the
 * shapes of the tensors; the number of classes from `labels`.
 *
 * @returns The run's configuration.
 * @throws {InputError} If settings are missing, files are not state dicts, or do not match: the
 * error lists every parameter that is missing, unknown or of another shape.
 */
export async function importModel({ from, out, settings }: ImportOptions): Promise<Config> {
  requireAsked(settings);
  await requireNoRun(out);
  const [coarse, fine] = await Promise.all(from.map(async (path) => ({
    path,
    tensors: await readStateDict(path),
    metadata: {},
  })));
  const size = (name: string) => coarse!.tensors.get(name)?.shape[0] ?? 0;
  const channels = size("perception.weight");
  const config = resolveConfig({ ...settings, out, channels, hidden: size("fc1.weight") });
  requireDefinite(config);
  const imageChannels = channelsOfImage(config, channels - size("fc2.weight"));
  const slices = v.parse(ModelInputsSchema, {
    ...config,
    channels: imageChannels,
    smallest: config.size === "pad" ? [4, 4] : config.size,
  });
  await writeWeights(checkWeights(coarse!, fine!, modelConfig(config, slices)), out);
  const paths = runPaths(out);
  await writeJsonAtomic(paths.slices, slices);
  await writeJsonAtomic(paths.config, config); // last: a folder with a config is a run
  return config;
}

/** Some settings depend on the training data, which is not available. */
function requireDefinite({ normalize, spacing, labels }: Config): void {
  const measured = [
    ...normalize === "ct" ? ["normalize ct"] : [],
    ...spacing === "median" ? ["spacing median (give millimetres)"] : [],
    ...labels === "all" ? ['labels all (give classes as "1;2;3")'] : [],
  ];
  if (measured.length === 0) return;
  throw new InputError(
    `Cannot import: these settings depend on the training data, which is not available: ${
      measured.join(", ")
    }`,
    { code: "bad-config" },
  );
}

/** The channels of one slice, of all that a model takes. */
function channelsOfImage({ channel, neighbours }: Config, taken: number): number {
  const seen = slicesSeen(neighbours);
  const images = taken / seen;
  if (channel === "all" ? Number.isInteger(images) : channel.length === images) return images;
  const chosen = channel === "all"
    ? ""
    : `${counted(channel.length, "channel")}: ${channel.join(", ")}`;
  const slices = seen === 1 ? "" : `${seen} slices at once`;
  throw new InputError(
    `Cannot import: the model takes ${counted(taken, "image channel")}, and the settings choose ` +
      [chosen, slices].filter((part) => part !== "").join(", of "),
    {
      code: "bad-config",
      hint: seen === 1
        ? "Give --channel all, or the number of each channel: --channel 0,1"
        : "Give --channel all, and --neighbours as in the training",
    },
  );
}

function requireAsked(settings: ConfigOverrides): void {
  if (settings.preset !== undefined) return;
  const missing = ASKED_KEYS.filter((key) => settings[key] === undefined);
  if (missing.length === 0) return;
  const tutorial = resolveConfig({ preset: "tutorial" });
  const flags = missing.map((key) => `--${key.replace(/[A-Z]/g, (l) => `-${l.toLowerCase()}`)}`);
  throw new InputError(`Cannot import: the files do not contain ${missing.join(", ")}`, {
    code: "bad-command-line",
    hint: `Give ${flags.join(", ")} as in the training, or --preset tutorial for the tutorial's ` +
      `values: ${ASKED_KEYS.map((key) => `${key} ${tutorial[key]}`).join(", ")}`,
  });
}

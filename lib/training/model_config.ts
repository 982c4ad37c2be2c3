import type { MedNcaConfig } from "../nca/med_nca_config.ts";
import type { CaseSettings } from "../slices/case_settings.ts";
import { slicesSeen } from "../slices/neighbours.ts";
import { InputError } from "../support/errors.ts";
import type { Config } from "./config.ts";

/** The model's part of a configuration: what the user chooses. */
export function modelKeys(config: Config): Omit<MedNcaConfig, "imageChannels" | "classes"> {
  const { channels, hidden, kernels, steps, fireRate, stats, neighbours } = config;
  return { channels, hidden, kernels, steps, fireRate, stats, neighbours };
}

/**
 * The model of a configuration on some data.
 *
 * @throws {InputError} If a cell has too few channels for image and logits.
 */
export function modelConfig(
  config: Config,
  data: Pick<CaseSettings, "channels" | "targets">,
): MedNcaConfig {
  const seen = slicesSeen(config.neighbours);
  const [imageChannels, classes] = [(data.channels ?? 1) * seen, data.targets.classes.length];
  const needed = imageChannels + classes;
  if (needed > config.channels) {
    throw new InputError(
      `Cannot make a model: ${imageChannels} image channels${
        seen === 1 ? "" : ` (of ${seen} slices)`
      } and ${classes} classes need ` +
        `${needed} channels per cell; channels is ${config.channels}`,
      {
        code: "bad-config",
        hint: `Set --channels to ${8 * Math.ceil((needed + 1) / 8)} or more, or choose fewer ` +
          `channels with --channel${
            seen === 1 ? "" : ", fewer --neighbours"
          } or fewer classes with --labels`,
      },
    );
  }
  return { ...modelKeys(config), imageChannels, classes };
}

/**
 * The model that a configuration describes.
 *
 * @module
 */

import type { MedNcaConfig } from "../nca/med_nca_config.ts";
import type { Config } from "./config.ts";

/** The model's part of a configuration. */
export function modelConfig(config: Config): Omit<MedNcaConfig, "imageChannels" | "classes"> {
  const { channels, hidden, kernels, steps, fireRate, stats } = config;
  return { channels, hidden, kernels, steps, fireRate, stats };
}

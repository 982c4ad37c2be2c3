/**
 * The names of a model's files.
 *
 * @module
 */

/** The files of a run that are read: its weights, its settings, and how its slices are made. */
export const MODEL_FILES = [
  "model1.safetensors",
  "model2.safetensors",
  "config.json",
  "slices.json",
] as const;

/** The file of a run's postprocessing, if any. */
export const POSTPROCESS_FILE = "postprocess.json";

/** Files by their names. */
export type Files = ReadonlyMap<string, Uint8Array<ArrayBuffer>>;

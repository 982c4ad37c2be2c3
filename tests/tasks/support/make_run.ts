import { join } from "@std/path";
import { MedNca } from "../../../lib/nca/med_nca.ts";
import { saveWeights } from "../../../lib/nca/weights.ts";
import { extractSlices, type SliceSettings } from "../../../lib/slices/mod.ts";
import { modelInputs } from "../../../lib/slices/model_inputs.ts";
import { resolveConfig } from "../../../lib/training/config.ts";
import { createRun } from "../../../lib/training/run_folder.ts";

/** A model's configuration that is quick on every machine. */
const CONFIG = { steps: [2, 1], backend: "wasm", batchSize: 4 } as const;

/** How {@linkcode makeRun} makes it. */
export interface MakeRunOptions {
  /** Which of the data set's cases are for what. */
  split: { train: string[]; validation: string[]; test: string[] };
  /** How slices are made. */
  settings?: Partial<SliceSettings>;
  /** Of the best weights; the last ones are others. Default: 1. */
  seed?: number;
}

/**
 * Makes the folder of a run whose model was not trained, with all that a training leaves of it.
 *
 * @param data The data folder that it was trained on.
 */
export async function makeRun(
  folder: string,
  data: string,
  { split, settings = {}, seed = 1 }: MakeRunOptions,
): Promise<void> {
  const prepared = `${folder}-prepared`;
  const { manifest } = await extractSlices({ ...settings, data, out: prepared });
  await Deno.remove(prepared, { recursive: true });
  await createRun(folder, {
    config: resolveConfig({ ...CONFIG, data }),
    split: { seed: 0, ...split },
    slices: modelInputs(manifest, split.train),
  });
  const model = new MedNca({ steps: CONFIG.steps }, { seed });
  await saveWeights(model, folder);
  const other = new MedNca({ steps: CONFIG.steps }, { seed: seed + 10 });
  await saveWeights(other, join(folder, "last"));
  other.dispose();
  model.dispose();
}

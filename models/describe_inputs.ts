/**
 * Writes a model's `slices.json` anew from the data set that it was trained on: what the model must
 * be told of its input, and the orientation, spacing, sizes and intensities of its training cases.
 *
 *     deno run -A models/describe_inputs.ts models/hippocampus data/Task04_Hippocampus
 *
 * @module
 */

import { join } from "@std/path";
import * as v from "valibot";
import { modelInputs, ModelInputsSchema } from "../lib/slices/model_inputs.ts";
import { extractSlices } from "../lib/slices/mod.ts";
import { writeJsonAtomic } from "../lib/support/files.ts";

const [model, data] = Deno.args;
if (model === undefined || data === undefined) {
  throw new TypeError("Usage: deno run -A models/describe_inputs.ts MODEL DATA");
}
const read = async (name: string) => JSON.parse(await Deno.readTextFile(join(model, name)));
const { targets: _, spacing, channels, ...settings } = v.parse(
  ModelInputsSchema,
  await read("slices.json"),
);
const split: { train: string[] } = await read("split.json");
const out = await Deno.makeTempDir();
try {
  const { manifest } = await extractSlices({
    ...settings,
    ...(spacing === "stored" ? {} : { spacing }),
    // The training's images all have one orientation: the model can be given any
    orientation: "canonical",
    // And they have no other channels: an image that has is an error, not cut down in silence
    channel: "all",
    data,
    out: join(out, "prepared"),
  });
  const missing = split.train.filter((id) => !manifest.cases.some((each) => each.id === id));
  if (missing.length > 0) throw new RangeError(`Not in the data set: ${missing.join(", ")}`);
  if (manifest.settings.channels !== channels) {
    throw new RangeError(
      `The data set has ${manifest.settings.channels} channels, not ${channels}`,
    );
  }
  await writeJsonAtomic(join(model, "slices.json"), modelInputs(manifest, split.train));
} finally {
  await Deno.remove(out, { recursive: true });
}

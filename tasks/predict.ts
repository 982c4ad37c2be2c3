/**
 * `deno task predict`: segments images.
 *
 * @module
 */

import "./support/interrupt.ts";
import { InvalidArgumentError } from "commander";
import type { Shard } from "../lib/slices/discovery/list_images.ts";
import { createTask, parseTask, runTask } from "./support/cli.ts";
import { addPredictFlags, type PredictFlags, predictRequest } from "./support/predict_flags.ts";
import { closePrediction, predictImages } from "./support/predict_images.ts";

const command = addPredictFlags(createTask(
  "predict",
  "Segment images with a trained model. A volume (.nii, .nii.gz) gives a NIfTI mask with its " +
    "header and affine, in its own grid; a picture (.png) gives a picture. Finished masks are " +
    "skipped, so the same command continues after an interruption.",
)).option(
  "--shard <i/n>",
  "segment only the i-th of n parts of a folder, to divide it among processes or machines",
  shardFlag,
);

await runTask(async () => {
  const { shard = null, ...flags } = await parseTask<PredictFlags & { shard?: Shard }>(command);
  const request = { ...predictRequest(flags), shard };
  return closePrediction(await predictImages(request), request);
});

function shardFlag(text: string): Shard {
  const [, index, count] = (/^(\d+)\/(\d+)$/.exec(text) ?? []).map(Number);
  if (!index || !count || index > count) {
    throw new InvalidArgumentError("Expected a part and the number of parts, such as 1/4");
  }
  return { index, count };
}

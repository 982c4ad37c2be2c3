/**
 * `deno task predict`: masks for images.
 *
 * @module
 */

import { dirname, resolve } from "@std/path";
import { InvalidArgumentError } from "commander";
import { initBackend } from "../lib/backend.ts";
import {
  type ImageGroup,
  listImages,
  type Shard,
  takeShard,
} from "../lib/evaluation/list_images.ts";
import { type ImageResult, predictFiles } from "../lib/evaluation/predict_files.ts";
import { MedNca } from "../lib/nca/med_nca.ts";
import { readWeights } from "../lib/nca/weights.ts";
import { InputError } from "../lib/support/errors.ts";
import { requireWritable } from "../lib/support/output_folder.ts";
import { formatDuration } from "../lib/training/progress.ts";
import { readModelSettings, runPaths } from "../lib/training/run_folder.ts";
import { modelConfig } from "../lib/training/train_med_nca.ts";
import { createTask, numberFlag, parseTask, runTask } from "./support/cli.ts";
import { configFlag } from "./support/flags.ts";
import { INTERRUPTED, interruptSignal } from "./support/interrupt.ts";
import { backendOptions, progressLine, requireFlag } from "./support/run.ts";

interface Flags {
  run?: string;
  image?: string;
  out?: string;
  probabilities?: boolean;
  samples: number;
  shard?: Shard;
  overwrite?: boolean;
  backend?: string;
  threads?: number;
}

/** Room that there must be before work starts. */
const MASK_BYTES = 1e6;

const command = createTask(
  "predict",
  "Segment images with a trained model. A volume (.nii, .nii.gz) gives a NIfTI mask with its " +
    "header and affine, in its own grid; a picture (.png) a black and white picture. What is " +
    "done already is skipped, so the same command goes on after an interruption.",
)
  .option("--run <folder>", "a run, as runs/NAME, or a folder with a run's weights and settings")
  .option("--image <path>", "a volume, a picture, or a folder of them")
  .option("--out <folder>", "where the masks go, under the names of the images")
  .option("--probabilities", "write the probability of each voxel too, as NAME_probability")
  .option(
    "--samples <n>",
    "runs with other masks to average over; from 2 on, --probabilities writes NAME_deviation too",
    numberFlag({ integer: true, min: 1 }),
    1,
  )
  .option(
    "--shard <i/n>",
    "do the i-th of n parts of a folder, to share it among processes or machines",
    shardFlag,
  )
  .option("--overwrite", "make masks again that are done, and write over others that are there")
  .addOption(configFlag("backend"))
  .addOption(configFlag("threads"));

await runTask(async () => {
  const flags = await parseTask<Flags>(command);
  const folder = requireFlag(
    flags.run,
    "run",
    "Give the folder of a training, as runs/NAME, or of a model",
  );
  const image = requireFlag(flags.image, "image", "Give a volume, a picture, or a folder of them");
  const out = requireFlag(flags.out, "out", "Give a folder for the masks");
  const { config, slices } = await readModelSettings(folder);
  const all = await listImages(image);
  const images = flags.shard === undefined ? all : takeShard(all, flags.shard);
  await requireWritable(out, { bytes: MASK_BYTES });
  await Deno.mkdir(out, { recursive: true });
  await requireApart(all, out);
  const { best } = runPaths(folder);
  // Checked before the backend compiles anything for them.
  const weights = await readWeights(best, modelConfig(config));
  const backend = await initBackend(backendOptions(flags, weights.config));
  const signal = interruptSignal(() => console.error("\nStopping …"));
  console.log(`Backend  ${backend.describe()}`);
  if (flags.shard !== undefined) {
    const { index, count } = flags.shard;
    console.log(`Shard    ${index} of ${count}: ${images.length} of ${all.length} images`);
  }
  const model = new MedNca(weights.config, weights);
  const show = progressLine();
  let done = 0;
  try {
    const results = await predictFiles({
      model,
      weights: best,
      settings: slices,
      images,
      out,
      probabilities: flags.probabilities ?? false,
      overwrite: flags.overwrite ?? false,
      batchSize: config.batchSize,
      seed: config.seed,
      samples: flags.samples,
      signal,
      onProgress: ({ name, share, secondsLeft }) =>
        show(`${name}  ${Math.floor(100 * share)} %, ${formatDuration(secondsLeft)} left`),
      onImage: (result, { done: place, total }) => {
        done = place;
        show("");
        const line = `${String(place).padStart(String(total).length)}/${total}  ${result.name}  `;
        if (result.status === "failed") console.error(line + result.why);
        else if (result.status !== "skipped") console.log(line + describe(result));
      },
    });
    return close(results, { image, out });
  } catch (error) {
    if (!signal.aborted) throw error;
    show("");
    console.log(`${done} of ${images.length} images are done; the same command goes on`);
    return INTERRUPTED;
  } finally {
    model.dispose();
    backend.dispose();
  }
});

/** A mask has its image's name, so it must not lie beside it. */
async function requireApart(images: readonly ImageGroup[], out: string): Promise<void> {
  const [path] = images[0]!.paths;
  if (await Deno.realPath(dirname(resolve(path!))) !== await Deno.realPath(out)) return;
  throw new InputError("Cannot predict: the mask would overwrite the image", {
    code: "bad-folder",
    path: path!,
    hint: "Give another folder with --out",
  });
}

function describe({ status, foreground, millilitres, why }: ImageResult): string {
  const found = foreground === 0
    ? "nothing found"
    : millilitres === undefined
    ? `${foreground} pixels`
    : `${millilitres.toFixed(millilitres < 10 ? 2 : 1)} ml`;
  return status === "again" ? `${found} (made again: ${why})` : found;
}

/** Says what became of the images; those that cannot be used are an error, after all others. */
function close(results: readonly ImageResult[], { image, out }: { image: string; out: string }) {
  const of = (...wanted: ImageResult["status"][]) =>
    results.filter(({ status }) => wanted.includes(status));
  const skipped = of("skipped");
  if (skipped.length > 0) {
    console.log(
      `Skipped ${skipped.length} that were done already, from the same images by the same ` +
        `weights and settings: ${names(skipped)} (--overwrite makes them again)`,
    );
  }
  console.log(`${of("done", "again").length + skipped.length} masks are in ${out}`);
  const failed = of("failed");
  if (failed.length === 0) return 0;
  throw new InputError(
    `Cannot predict ${failed.length} of ${results.length} images:\n` +
      failed.map(({ name, why }) => `  ${name}: ${why}`).join("\n"),
    {
      code: "bad-image",
      hint: `All others are done. Mend or remove these in ${image}, then run the same command; ` +
        "--overwrite writes over masks that are there",
    },
  );
}

/** Some names, so that a line stays readable. */
function names(results: readonly ImageResult[]): string {
  const shown = results.slice(0, 5).map(({ name }) => name).join(", ");
  return results.length > 5 ? `${shown} and ${results.length - 5} more` : shown;
}

function shardFlag(text: string): Shard {
  const [, index, count] = (/^(\d+)\/(\d+)$/.exec(text) ?? []).map(Number);
  if (!index || !count || index > count) {
    throw new InvalidArgumentError("Expected a part and their number, as 1/4 to 4/4");
  }
  return { index, count };
}

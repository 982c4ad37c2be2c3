/**
 * `deno task predict`: segments images.
 *
 * @module
 */

import { INTERRUPTED, saveAtSignals } from "./support/interrupt.ts";
import { basename, dirname, join, resolve } from "@std/path";
import { InvalidArgumentError } from "commander";
import { initBackend } from "../lib/backend.ts";
import type { Postprocess } from "../lib/evaluation/postprocess.ts";
import {
  type ImageResult,
  predictFiles,
  whatItDependsOn,
} from "../lib/evaluation/predict_files.ts";
import { writeReview } from "../lib/evaluation/doubt/review.ts";
import { encodeDicomSeg } from "../lib/exchange/dicom_seg.ts";
import { writePredictionReport } from "../lib/exchange/prediction_report.ts";
import { drawPrediction } from "../lib/plots/prediction_picture.ts";
import type { Target } from "../lib/slices/case.ts";
import type { CaseSource } from "../lib/slices/discovery/case_source.ts";
import { listInputs } from "../lib/slices/discovery/dicom_case.ts";
import { type Shard, takeShard } from "../lib/slices/discovery/list_images.ts";
import { InputError } from "../lib/support/errors.ts";
import { writeFileAtomic } from "../lib/support/files.ts";
import { formatDuration } from "../lib/support/format_duration.ts";
import { isInMemory } from "../lib/support/memory_files.ts";
import { counted, namesOf } from "../lib/support/names_of.ts";
import { requireWritable } from "../lib/support/output_folder.ts";
import { StatusLine } from "../lib/support/status_line.ts";
import { readLabelVolume } from "../lib/volume/mod.ts";
import { createTask, numberFlag, parseTask, runTask } from "./support/cli.ts";
import { configFlag } from "./support/flags.ts";
import { chosenPostprocess, postprocessFlag } from "./support/postprocess_flag.ts";
import { describeReview, doubtOf } from "./support/review.ts";
import { backendOptions, requireFlag } from "./support/run.ts";
import { readTrainedRun } from "./support/trained_models.ts";

interface Flags {
  run?: string;
  image?: string;
  series?: string;
  dicomSeg?: boolean;
  out?: string;
  probabilities?: boolean;
  samples: number;
  postprocess?: Postprocess;
  shard?: Shard;
  overwrite?: boolean;
  force?: boolean;
  backend?: string;
  threads?: number;
}

/** Free space required before work starts. */
const MASK_BYTES = 1e6;

const command = createTask(
  "predict",
  "Segment images with a trained model. A volume (.nii, .nii.gz) gives a NIfTI mask with its " +
    "header and affine, in its own grid; a picture (.png) gives a picture. Finished masks are " +
    "skipped, so the same command continues after an interruption.",
)
  .option(
    "--run <folder>",
    "a run, for example runs/NAME, or a folder with a run's weights and settings; a " +
      "cross-validation predicts the mean of its folds",
  )
  .option(
    "--image <path>",
    "a volume, a picture, or a folder of them; or a DICOM series: a folder or a .zip archive",
  )
  .option("--series <number>", "which DICOM series, if there are several")
  .option("--dicom-seg", "for a DICOM series: also write a DICOM Segmentation object, NAME.dcm")
  .option("--out <folder>", "the folder for the masks, which are named after the cases")
  .option(
    "--probabilities",
    "also write the probability of each voxel to NAME_probability, one file per class; with the " +
      "run's temperatures, if it has any",
  )
  .option(
    "--samples <n>",
    "number of predictions, with different fire masks, to average; from 2 on, --probabilities " +
      "also writes NAME_deviation",
    numberFlag({ integer: true, min: 1 }),
    1,
  )
  .addOption(postprocessFlag())
  .option(
    "--shard <i/n>",
    "segment only the i-th of n parts of a folder, to divide it among processes or machines",
    shardFlag,
  )
  .option(
    "--overwrite",
    "repeat finished masks, and overwrite files that were changed or are " +
      "from elsewhere",
  )
  .option("--force", "also predict images that the model cannot be right about")
  .addOption(configFlag("backend"))
  .addOption(configFlag("threads"));

await runTask(async () => {
  const flags = await parseTask<Flags>(command);
  const folder = requireFlag(
    flags.run,
    "run",
    "Give the folder of a training, such as runs/NAME, or of a model",
  );
  const image = requireFlag(flags.image, "image", "Give a volume, a picture, or a folder of them");
  const out = requireFlag(flags.out, "out", "Give a folder for the masks");
  const { config, inputs, load } = await readTrainedRun(folder);
  const { cases: all, problems, series } = await listInputs(
    image,
    inputs.trained?.channelNames ?? [],
    flags.series ?? null,
  );
  if (flags.dicomSeg && series === null) {
    throw new InputError("Cannot write a DICOM segmentation: the image is not a DICOM series", {
      code: "bad-command-line",
      hint: "Omit --dicom-seg, or give a folder or .zip archive of DICOM with --image",
    });
  }
  const sources = flags.shard === undefined ? all : takeShard(all, flags.shard);
  await requireWritable(out, { bytes: MASK_BYTES });
  await Deno.mkdir(out, { recursive: true });
  await requireApart(all, out);
  for (const { case: name, message, severity } of problems) {
    if (severity === "warning") console.error(`warning: ${name}: ${message}`);
  }
  const backend = await initBackend(backendOptions(flags, config));
  using stopping = saveAtSignals("Stopping …");
  const { signal } = stopping;
  console.log(`Backend  ${backend.describe()}`);
  if (flags.shard !== undefined) {
    const { index, count } = flags.shard;
    console.log(`Shard    ${index} of ${count}: ${sources.length} of ${all.length} images`);
  }
  const run = await load("best");
  if (inputs.trained === null) {
    console.error(
      "warning: this run does not say what it was trained on, so images are not checked for being " +
        "unlike the training data",
    );
  }
  if (run.models.length > 1) console.log(`Models   the mean of ${run.models.length} folds`);
  using line = new StatusLine();
  let done = 0;
  try {
    const how = {
      ...{ models: run.models, weights: run.weights, seed: config.seed, samples: flags.samples },
      postprocess: chosenPostprocess(flags.postprocess, run),
      ...doubtOf(run, flags.samples),
    };
    const results = await predictFiles({
      ...how,
      ...{ sources, out, signal },
      probabilities: flags.probabilities ?? false,
      overwrite: flags.overwrite ?? false,
      force: flags.force ?? false,
      batchSize: config.batchSize,
      draw: (opened, masks) => drawPrediction(opened, masks, inputs).png(),
      onProgress: ({ name, share, secondsLeft }) =>
        line.show(`${name}  ${Math.floor(100 * share)} %, ${formatDuration(secondsLeft)} left`),
      onImage: (result, { done: place, total }) => {
        done = place;
        line.clear();
        const text = `${String(place).padStart(String(total).length)}/${total}  ${result.name}  `;
        if (result.status === "failed") console.error(text + result.why);
        else if (result.status !== "skipped") {
          console.log(text + describe(result, inputs.targets.classes));
        }
        for (const warning of result.warnings ?? []) {
          console.error(`warning: ${result.name}: ${warning}`);
        }
      },
    });
    // Only the first shard reports them
    const unread = (flags.shard?.index ?? 1) > 1 ? [] : problems.flatMap(
      ({ case: name, severity, message, hint }): ImageResult[] =>
        severity === "error" ? [{ name, status: "failed", why: message, hint }] : [],
    );
    const every = [...results, ...unread];
    const model = { model: basename(resolve(folder)), classes: inputs.targets.classes };
    for (const { name, status } of flags.dicomSeg ? results : []) {
      if (status === "failed") continue;
      const path = join(out, name);
      const options = { series: series!, mask: await readLabelVolume(path), ...model };
      await writeFileAtomic(path.replace(/\.nii\.gz$/, ".dcm"), await encodeDicomSeg(options));
    }
    const made = await whatItDependsOn(how);
    const report = await writePredictionReport({
      ...{ folder: out, ...model, made },
      failed: every.filter(({ status }) => status === "failed"),
    });
    console.log(`Report   ${report}, volumes.csv and report.json beside it`);
    const threshold = run.doubt?.measures[how.doubt].threshold ?? null;
    const review = await writeReview({ folder: out, classes: model.classes, made, threshold });
    describeReview(review, { threshold, doubt: how.doubt, folder });
    return close(every, { image, out });
  } catch (error) {
    if (!signal.aborted) throw error;
    line.clear();
    console.log(`${done} of ${sources.length} images are done; run the same command to continue`);
    return INTERRUPTED;
  } finally {
    run.dispose();
    backend.dispose();
  }
});

/** A mask may have its image's name, so it must not be in the same folder. */
async function requireApart([source]: readonly CaseSource[], out: string): Promise<void> {
  const [path] = source?.files[0]?.images ?? [];
  if (source === undefined || path === undefined || isInMemory(source.folder)) return;
  const image = join(source.folder, path);
  if (await Deno.realPath(dirname(resolve(image))) !== await Deno.realPath(out)) return;
  throw new InputError("Cannot predict: the mask would overwrite the image", {
    code: "bad-folder",
    path: image,
    hint: "Choose another folder with --out",
  });
}

/** The segmented amount of each class. */
function describe(
  { status, counts = [], voxelMillilitres, why }: ImageResult,
  classes: readonly Target[],
): string {
  const amount = (count: number) => {
    if (voxelMillilitres === undefined) return `${count} pixels`;
    const millilitres = count * voxelMillilitres;
    return `${millilitres.toFixed(millilitres < 10 ? 2 : 1)} ml`;
  };
  const found = counts.every((count) => count === 0)
    ? "nothing found"
    : counts.length === 1
    ? amount(counts[0]!)
    : counts.map((count, i) => `${classes[i]!.name} ${amount(count)}`).join(", ");
  return status === "again" ? `${found} (made again: ${why})` : found;
}

/** Reports the results; images that cannot be used are an error after all others. */
function close(results: readonly ImageResult[], { image, out }: { image: string; out: string }) {
  const of = (...wanted: ImageResult["status"][]) =>
    results.filter(({ status }) => wanted.includes(status));
  const skipped = of("skipped");
  if (skipped.length > 0) {
    console.log(
      `Skipped ${skipped.length} that were done before, from the same images with the same ` +
        `weights and settings: ${namesOf(skipped.map(({ name }) => name))} ` +
        "(--overwrite repeats them)",
    );
  }
  const masks = of("done", "again").length + skipped.length;
  if (masks > 0) console.log(`The masks of ${counted(masks, "case")} are in ${out}`);
  const failed = of("failed");
  if (failed.length === 0) return 0;
  const lines = failed.map(({ name, why, hint = "" }) => {
    // Settings are those that the model was trained with; this task has no flags for them
    const help = /--(force|overwrite|out)\b/.test(hint) || !hint.includes("--")
      ? hint
      : `Only training chooses settings: ${hint}`;
    return `  ${name}: ${why}${help && ` (${help})`}`;
  });
  throw new InputError(
    `Cannot predict ${failed.length} of ${counted(results.length, "image")}:\n${lines.join("\n")}`,
    {
      code: "bad-image",
      hint:
        `${masks > 0 ? "All others are done. " : ""}Correct or remove these in ${image}, then ` +
        "run the same command again",
    },
  );
}

function shardFlag(text: string): Shard {
  const [, index, count] = (/^(\d+)\/(\d+)$/.exec(text) ?? []).map(Number);
  if (!index || !count || index > count) {
    throw new InvalidArgumentError("Expected a part and the number of parts, such as 1/4");
  }
  return { index, count };
}

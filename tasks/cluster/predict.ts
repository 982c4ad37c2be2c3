/**
 * `deno task cluster predict`: plans the shards of a folder of images, and starts them.
 *
 * @module
 */

import { resolve } from "@std/path";
import { initBackend } from "../../lib/backend.ts";
import { measurePrediction } from "../../lib/cluster/measure.ts";
import type { PredictPlan } from "../../lib/cluster/plan.ts";
import { shardsFor, shardSize } from "../../lib/cluster/size_jobs.ts";
import { listInputs } from "../../lib/slices/discovery/dicom_case.ts";
import { formatDuration } from "../../lib/support/format_duration.ts";
import { counted } from "../../lib/support/names_of.ts";
import { createTask, numberFlag, parseTask } from "../support/cli.ts";
import { addPredictFlags, type PredictFlags, predictRequest } from "../support/predict_flags.ts";
import { backendOptions } from "../support/run.ts";
import { readTrainedRun } from "../support/trained_models.ts";
import {
  addEngineFlags,
  type EngineFlags,
  measuringThreads,
  refuseIgnored,
  resourcesOf,
  workFlags,
} from "./flags.ts";
import { launch, requireOut, resumePlan } from "./launch.ts";

type Flags = EngineFlags & PredictFlags & { shards?: number };

const command = addEngineFlags(addPredictFlags(
  createTask(
    "cluster predict",
    "Segment the images of a folder in shards, each an independent job with a folder of its own.",
  ),
)).option(
  "--shards <n>",
  "number of shards (default: so that each takes about an hour, at most 1000)",
  numberFlag({ integer: true, min: 1 }),
);

/** Plans, and starts or resumes, what the command line asks for. */
export async function run(args: string[]): Promise<number> {
  const flags = await parseTask<Flags>(command, args);
  const out = requireOut(flags.out);
  refuseIgnored(command, flags);
  if (flags.resume === true) return await resumePlan(out, flags);
  const { shards, ...request } = workFlags(flags);
  const { run: folder, image } = predictRequest(request);
  const { config, inputs, load } = await readTrainedRun(folder);
  const names = inputs.trained?.channelNames ?? [];
  const { cases, problems } = await listInputs(image, names, flags.series ?? null);
  const unread = problems.filter(({ severity }) => severity === "error").length;
  const threads = measuringThreads(flags, flags.threads ?? 0);
  const backend = await initBackend(backendOptions({ ...flags, threads }, config));
  const { models, dispose } = await load("best");
  const measured = await measurePrediction(models, cases, {
    ...{ batchSize: config.batchSize, samples: flags.samples },
  }).finally(() => {
    dispose();
    backend.dispose();
  });
  const count = Math.min(shards ?? shardsFor(measured, cases.length), cases.length);
  const size = shardSize(measured, Math.ceil(cases.length / count));
  const plan: PredictPlan = {
    kind: "predict",
    flags: { ...request, run: resolve(folder), image: resolve(image), out },
    shards: count,
    images: cases.length + unread,
  };
  console.log(
    `Plan      ${counted(cases.length, "image")} in ${counted(count, "shard")}, each about ` +
      `${formatDuration(size.seconds)} at the speed of this machine`,
  );
  return await launch(out, plan, { flags, resources: resourcesOf(flags, size) });
}

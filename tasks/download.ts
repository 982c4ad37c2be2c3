/**
 * `deno task download`: downloads a data set.
 *
 * @module
 */

import { INTERRUPTED, saveAtSignals } from "./support/interrupt.ts";
import { CITATION, DATA_SETS, LICENCE } from "../lib/download/data_sets.ts";
import { downloadDataSet } from "../lib/download/download_data_set.ts";
import { nearest } from "../lib/support/nearest.ts";
import { StatusLine } from "../lib/support/status_line.ts";
import { InputError } from "../lib/support/errors.ts";
import { formatDuration } from "../lib/support/format_duration.ts";
import { createTask, parseTask, runTask } from "./support/cli.ts";

interface Flags {
  out: string;
}

const NAMES = Object.keys(DATA_SETS) as (keyof typeof DATA_SETS)[];

const command = createTask(
  "download",
  "Fetch a data set of the Medical Segmentation Decathlon, check it and unpack it. The same " +
    "command continues after an interruption.",
)
  .argument("<name>", NAMES.join(" or "))
  .option("--out <folder>", "the folder for data sets", "data")
  .addHelpText(
    "after",
    `
Data sets, ${LICENCE}:
${NAMES.map((name) => `  ${name.padEnd(13)}${DATA_SETS[name].description}`).join("\n")}

Without a network: put the archive (${
      NAMES.map((name) => `${DATA_SETS[name].folder}.tar`).join(", ")
    }) into the
folder for data sets; the same command then checks and unpacks it.`,
  );

await runTask(async () => {
  const { out } = await parseTask<Flags>(command);
  const name = command.processedArgs[0] as string;
  const source = DATA_SETS[name as keyof typeof DATA_SETS];
  if (!Object.hasOwn(DATA_SETS, name)) {
    const near = nearest(name, NAMES);
    throw new InputError(`Cannot download "${name}": there is no such data set`, {
      code: "bad-command-line",
      hint: near === undefined ? `There are ${NAMES.join(" and ")}` : `Did you mean ${near}?`,
    });
  }
  using stopping = saveAtSignals("Stopping …");
  const { signal } = stopping;
  console.log(`${source.folder}: ${source.description}`);
  console.log(`Licence ${LICENCE}\nCite    ${CITATION}`);
  using line = new StatusLine();
  let started: { time: number; done: number } | undefined;
  try {
    const { folder, there } = await downloadDataSet({
      source,
      out,
      signal,
      onStep: (step) => {
        line.clear();
        started = undefined;
        if (step === "download") console.log(`Downloading ${source.url}`);
        else console.log(step === "check" ? "Checking its MD5 sum" : "Unpacking");
      },
      onRetry: (reason, seconds) => {
        line.clear();
        started = undefined;
        console.error(`${reason}; trying again in ${seconds} s`);
      },
      onProgress: (done, total) => {
        const time = performance.now();
        started ??= { time, done };
        const rate = (done - started.done) / (time - started.time) * 1000;
        const left = rate > 0 && total > 0 ? `, ${formatDuration((total - done) / rate)} left` : "";
        line.show(
          `${mebibytes(done)}${total > 0 ? ` of ${mebibytes(total)}` : ""} MiB` +
            `${rate > 0 ? `, ${mebibytes(rate)} MiB/s` : ""}${left}`,
        );
      },
    });
    line.clear();
    if (there) console.log(`${folder} exists already; remove it to download it again`);
    console.log(
      `The data set is in ${folder}. Next:\n  deno task train --data ${folder} ${source.train}`,
    );
    return 0;
  } catch (error) {
    line.clear();
    if (!signal.aborted) throw error;
    console.log("Stopped; run the same command to continue");
    return INTERRUPTED;
  }
});

function mebibytes(bytes: number): string {
  return (bytes / 2 ** 20).toFixed(1);
}

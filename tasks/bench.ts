/**
 * `deno task bench`: a training step and inference of the tutorial's model, beside PyTorch.
 *
 * @module
 */

import * as tf from "@tensorflow/tfjs";
import { writeJsonAtomic } from "../lib/support/files.ts";
import { type Case, compare, type Row } from "../tests/bench/compare.ts";
import { findTorch } from "../tests/bench/side.ts";
import { createTask, numberFlag, numberListFlag, parseTask, runTask } from "./support/cli.ts";

interface Flags {
  vsPytorch: boolean;
  all?: boolean;
  sizes: number[];
  batch: number;
  threads?: number;
  backend: string;
  repeats: number;
  json?: string;
}

/** Memory that PyTorch's training step takes at 320×320, batch 1, in GB. */
const TORCH_GIGABYTES = 2.6;

/** The cases of the full table, by size and batch; each on one thread and on all. */
const ALL: readonly [size: number, batch: number][] = [
  [160, 1],
  [160, 4],
  [320, 1],
  [320, 4],
  [640, 1],
  [640, 4],
  [64, 16],
];

/** The head of the table. */
const HEAD = `
case                            step        ours     PyTorch  ratio (spread)      GFLOP/s  \
MB ours  PyTorch  logits differ`;

const command = createTask(
  "bench",
  "Measure a training step and inference of the tutorial's model, ours and PyTorch's in turn",
)
  .option("--no-vs-pytorch", "measure ours alone")
  .option("--all", "the full table: sizes 160, 320, 640 and 64, batches, one thread and all")
  .option("--sizes <n,…>", "sides of the slices", numberListFlag({ integer: true, min: 4 }), [320])
  .option("--batch <n>", "slices in a batch", numberFlag({ integer: true, min: 1 }), 1)
  .option(
    "--threads <n>",
    "threads of both (default: all cores)",
    numberFlag({ integer: true, min: 1 }),
  )
  .option("--backend <name>", "which of ours", "wasm")
  .option("--repeats <n>", "timed steps of each", numberFlag({ integer: true, min: 1 }), 5)
  .option("--json <file>", "write the rows there too");

await runTask(async () => {
  const flags = await parseTask<Flags>(command);
  const python = flags.vsPytorch ? await findTorch() : undefined;
  if (flags.vsPytorch && !python) {
    console.log("PyTorch: skipped, no python3 with torch and numpy (Debian: python3-torch)");
  }
  tf.enableProdMode();
  await tf.setBackend("cpu");
  const cores = flags.threads ?? navigator.hardwareConcurrency;
  const cases: Case[] = flags.all
    ? ALL.flatMap(([size, batch]) =>
      [...new Set([1, cores])].map((threads) => ({ size, batch, threads }))
    )
    : flags.sizes.map((size) => ({ size, batch: flags.batch, threads: cores }));

  const rows: Row[] = [];
  const free = Deno.systemMemoryInfo().available / 2 ** 30;
  for (const [i, oneCase] of cases.entries()) {
    const needed = TORCH_GIGABYTES * oneCase.batch * (oneCase.size / 320) ** 2;
    const fits = needed < 0.8 * free;
    if (python && !fits) {
      console.log(
        `PyTorch at ${oneCase.size}×${oneCase.size}, batch ${oneCase.batch}: skipped, ` +
          `it needs about ${needed.toFixed(0)} GB`,
      );
    }
    const measured = await compare(oneCase, {
      backend: flags.backend,
      repeats: flags.repeats,
      python: fits ? python : undefined,
    });
    if (i === 0) console.log(HEAD);
    for (const row of measured) console.log(format(row));
    rows.push(...measured);
  }
  if (flags.json) await writeJsonAtomic(flags.json, rows);
});

function format(row: Row): string {
  const seconds = (s: number | null) => (s === null ? "–" : `${(s * 1000).toFixed(0)} ms`);
  const spread = row.spread?.map((r) => r.toFixed(2)).join("–");
  return [
    row.case.padEnd(30),
    row.mode.padEnd(9),
    seconds(row.ours_s).padStart(9),
    seconds(row.torch_s).padStart(10),
    (row.ratio === null ? "–" : `${row.ratio.toFixed(2)} (${spread})`).padStart(17),
    row.gflops.toFixed(1).padStart(8),
    row.ours_rss_mb.toFixed(0).padStart(9),
    (row.torch_rss_mb?.toFixed(0) ?? "–").padStart(8),
    (row.difference?.toExponential(1) ?? "–").padStart(14),
  ].join("  ");
}

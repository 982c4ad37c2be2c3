/**
 * `deno task bench`: a training step and inference of the tutorial's model, beside PyTorch.
 *
 * @module
 */

import "../support/interrupt.ts";
import * as tf from "@tensorflow/tfjs";
import { createWasmEngine } from "../../lib/rollout/wasm/create_wasm_engine.ts";
import { writeJsonAtomic } from "../../lib/support/files.ts";
import { type Case, caseName, compare, type Row, threadCount } from "./compare.ts";
import { benchGpu } from "./gpu_bench.ts";
import { measureLoop, measureStart } from "./loop.ts";
import { comparePreprocessing, type PreprocessRow } from "./preprocess.ts";
import { ourProgram } from "./our_program.ts";
import { Peak } from "./peak.ts";
import { copyRate } from "./phases.ts";
import { findPython } from "../support/python.ts";
import { hasReferenceBlas, type Mode } from "./side.ts";
import { COLUMNS, preprocessLine, rowLine, tableHead, tfjsLine } from "./table.ts";
import { createTask, numberFlag, numberListFlag, parseTask, runTask } from "../support/cli.ts";

interface Flags {
  vsPytorch?: boolean;
  size?: number[];
  batch?: number[];
  threads?: number[];
  backend: string;
  repeats: number;
  preprocess?: string;
  phases?: boolean;
  json?: string;
}

/** PyTorch's memory at 320×320, batch 1, in GB. */
const TORCH_GIGABYTES: Record<Mode, number> = { inference: 0.25, train: 2.6 };

/** The sizes of the full table, and of the quick one. */
const SIZES = { full: [160, 320, 640, 64], quick: [320] };

/** The batches of a size: 64 is the hippocampus case; with batch 1, what stock tfjs can run. */
const batchesOf = (size: number, full: boolean) => !full ? [1] : size === 64 ? [1, 16] : [1, 4];

/** For these the part of a step outside the rollout is measured. */
const LOOPS = [{ size: 320, batch: 1 }, { size: 64, batch: 16 }];

const command = createTask(
  "bench",
  "Measure a training step and inference of the tutorial's model, ours and PyTorch's in turn. " +
    "Without flags: 320×320 on all cores, about a minute",
)
  .option("--vs-pytorch", "the full table: sizes 160, 320, 640 and 64, batches, threads")
  .option("--no-vs-pytorch", "measure only this program")
  .option("--size <n,…>", "only these slice sizes", numbers(4))
  .option("--batch <n,…>", "only these batches", numbers(1))
  .option(
    "--threads <n,…>",
    "threads of both (default: all cores; in the full table 1, 2 and all)",
    numbers(1),
  )
  .option(
    "--backend <name>",
    "backend of this program; webgpu is measured beside PyTorch on CUDA, batches 1, 8, 32",
    "wasm",
  )
  .option("--repeats <n>", "timed steps per program", numberFlag({ integer: true, min: 1 }), 5)
  .option(
    "--preprocess <folder>",
    "also measure cutting this data set (Decathlon layout), " +
      "beside nibabel",
  )
  .option("--phases", "measure each phase of the kernels on one thread, beside the machine's peaks")
  .option("--json <file>", "also write the rows here");

function numbers(min: number) {
  return numberListFlag({ integer: true, min });
}

await runTask(async () => {
  const flags = await parseTask<Flags>(command);
  tf.enableProdMode();
  await tf.setBackend("cpu");
  if (flags.backend === "webgpu") {
    const { size: [size = 320] = [], batch = [1, 8, 32], repeats } = flags;
    const rows = await benchGpu({
      size,
      batches: batch,
      repeats,
      vsPytorch: flags.vsPytorch !== false,
    });
    if (flags.json) await writeJsonAtomic(flags.json, rows);
    return;
  }
  if (flags.phases) return await benchPhases(flags.size ?? [320]);
  const full = flags.vsPytorch === true;
  const python = flags.vsPytorch === false ? undefined : await findPython("import torch, numpy");
  if (flags.vsPytorch !== false && !python) {
    console.log("PyTorch: skipped, no python3 with torch and numpy (Debian: python3-torch)");
  }
  const slowBlas = python !== undefined && await hasReferenceBlas(python);
  // Compiled here, so that the compiler's memory does not count.
  if (flags.backend === "wasm") (await createWasmEngine({ threads: 1 })).dispose();

  const rows: Row[] = [];
  const notes: string[] = [];
  const cases = casesOf(flags, full);
  console.log(tableHead(COLUMNS));
  for (const oneCase of cases) {
    const unfair = slowBlas && oneCase.threads === 1;
    if (unfair) {
      notes.push(
        "PyTorch: skipped on 1 thread, where its BLAS, the reference one, would make it several " +
          "times slower (Debian: apt install libopenblas0-pthread)",
      );
    }
    const tooLarge = python && !unfair ? tooLargeFor(oneCase) : [];
    for (const mode of tooLarge) {
      notes.push(
        `PyTorch: skipped at ${oneCase.size}×${oneCase.size}, batch ${oneCase.batch}, ${mode}: ` +
          "it needs more memory than there is",
      );
    }
    const measured = await compare(oneCase, {
      backend: flags.backend,
      repeats: flags.repeats,
      python: unfair ? undefined : python,
      tooLarge,
      tfjs: full && oneCase.size === 64 && oneCase.batch === 1 && oneCase.threads === 1,
    });
    for (const row of measured) console.log(rowLine(row));
    rows.push(...measured);
  }

  console.log(`\n${[...new Set(notes), ...describe(rows)].join("\n")}`);
  if (flags.backend === "wasm") {
    for (const oneCase of cases) {
      if (!LOOPS.some((l) => l.size === oneCase.size && l.batch === oneCase.batch)) continue;
      const { step_s, outside } = await measureLoop(oneCase);
      console.log(
        `Training loop, ${caseName(oneCase)}: ${(1000 * step_s).toFixed(0)} ms a step, ` +
          `${(100 * outside).toFixed(1)} % of it outside the rollout`,
      );
    }
    const seconds = await measureStart();
    console.log(`From deno task train to the first step, caches warm: ${seconds.toFixed(2)} s`);
  }
  const preprocessing: PreprocessRow[] = [];
  if (flags.preprocess !== undefined) {
    const nibabel = flags.vsPytorch === false
      ? undefined
      : await findPython("import nibabel, numpy");
    if (!nibabel) console.log("nibabel: skipped, no python3 with nibabel and numpy");
    const row = await comparePreprocessing(flags.preprocess, {
      python: nibabel,
      repeats: flags.repeats,
    });
    console.log(preprocessLine(row));
    preprocessing.push(row);
  }
  if (flags.json) await writeJsonAtomic(flags.json, [...rows, ...preprocessing]);
});

/** Prints a table for each stage of a slice, and the machine's peaks. */
async function benchPhases(sizes: readonly number[]): Promise<void> {
  const { success } = await new Deno.Command(Deno.execPath(), {
    args: [...ourProgram("our_phases.ts"), JSON.stringify(sizes)],
    stdout: "inherit",
    stderr: "inherit",
  }).output();
  if (!success) throw new Error("The phases could not be measured");
  const peak = await Peak.start(1);
  console.log(
    `Peak of 128-bit multiply-adds: ${(await peak.measure()).toFixed(1)} GFLOP/s; ` +
      `copying memory: ${copyRate().toFixed(1)} GB/s`,
  );
  peak.close();
}

/** The cases of the quick or the full table that pass the filters. */
function casesOf({ size, batch, threads }: Flags, full: boolean): Case[] {
  const cores = navigator.hardwareConcurrency;
  const counts = threads ??
    (full ? [...new Set([1, 2, cores])].filter((n) => n <= cores) : [cores]);
  return (size ?? (full ? SIZES.full : SIZES.quick)).flatMap((size) =>
    (batch ?? batchesOf(size, full)).flatMap((batch) =>
      counts.map((threads) => ({ size, batch, threads }))
    )
  );
}

/** The modes in which PyTorch does not fit into memory. */
function tooLargeFor({ size, batch }: Case): Mode[] {
  const free = Deno.systemMemoryInfo().available / 2 ** 30;
  return (["inference", "train"] as const)
    .filter((mode) => TORCH_GIGABYTES[mode] * batch * (size / 320) ** 2 > 0.8 * free);
}

/** Notes below the table. */
function describe(rows: readonly Row[]): string[] {
  const peaks = Map.groupBy(rows, ({ threads }) => threads);
  const differences = rows.flatMap(({ difference }) => difference ?? []);
  return [
    ...Array.from(peaks, ([threads, some]) => {
      const peak = Math.max(...some.map((row) => row.peak_gflops));
      return `Peak of 128-bit multiply-adds on ${threadCount(threads)}: ` +
        `${peak.toFixed(1)} GFLOP/s`;
    }),
    ...(differences.length === 0 ? [] : [
      `Logits differ from PyTorch's by ${Math.max(...differences).toExponential(1)} at most`,
    ]),
    ...rows.flatMap((row) => tfjsLine(row) ?? []),
  ];
}

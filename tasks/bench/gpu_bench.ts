/**
 * The benchmark on a GPU: ours through WebGPU beside PyTorch on CUDA, and what the GPU itself
 * allows.
 *
 * @module
 */

import { join } from "@std/path";
import { findPython, runPython } from "../support/python.ts";
import { largestDifference, writeInput } from "./compare.ts";
import { type GpuRates, measureGpu } from "./gpu_rates.ts";
import { countBytes, countOperations } from "./operations.ts";
import { type GpuUsage, type Mode, Side } from "./side.ts";
import { compareTurns } from "./statistics.ts";
import { type Column, formatRatio, tableHead, tableLine } from "./table.ts";

/** One line of the benchmark on a GPU. */
export interface GpuRow {
  case: string;
  size: number;
  batch: number;
  mode: Mode;
  /** Median seconds of a step, of many that are handed over one after the other. */
  ours_s: number;
  /** Of them, those in which the CPU hands a step over. */
  host_s: number;
  torch_s: number | null;
  /** PyTorch's time over ours: the median over the pairs. */
  ratio: number | null;
  /** The smallest and largest ratio of a pair. */
  spread: [number, number] | null;
  /** Seconds that the GPU needs at the least for operations, for bytes, and for dispatches. */
  floor_s: { operations: number; bytes: number; dispatches: number };
  /** Memory of the GPU, in MB: tensors and buffers. */
  ours_mb: number;
  torch_mb: number | null;
  /** The largest difference of the logits, relative to the largest: from `wasm`, from PyTorch. */
  difference: { wasm: number | null; torch: number | null };
}

/** What {@linkcode benchGpu} takes. */
export interface GpuBenchOptions {
  size: number;
  batches: readonly number[];
  /** Timed rounds of each side. */
  repeats: number;
  /** Whether to run PyTorch on CUDA, where there is one. */
  vsPytorch: boolean;
}

/**
 * Seconds of a round: as many steps as take about that long, of which only the last is waited for,
 * since Deno looks only every 10 ms whether a GPU is done.
 */
const ROUND = 1;

/** Slices of a round at the most: inputs of steps that wait take memory. */
const MOST_SLICES = 200;

/** Measures all cases with progress messages, and prints a table. */
export async function benchGpu(options: GpuBenchOptions): Promise<GpuRow[]> {
  const rates = await measureGpu();
  console.log(`GPU: ${rates.name}`);
  console.log(
    `Measured: ${(rates.flops / 1e12).toPrecision(3)} TFLOP/s of multiply-adds, ` +
      `${(rates.bytes / 1e9).toFixed(0)} GB/s copied, ` +
      `${(rates.dispatch * 1e6).toFixed(1)} µs a dispatch`,
  );
  const torch = options.vsPytorch ? await findTorchOnCuda() : undefined;
  if (torch) console.log(`PyTorch: ${torch.version}`);
  else if (options.vsPytorch) {
    console.log("PyTorch: skipped, no python3 with torch, numpy and a GPU for CUDA");
  }
  const rows: GpuRow[] = [];
  for (const batch of options.batches) {
    console.log(`Batch ${batch} …`);
    try {
      rows.push(...await measure(batch, options, rates, torch?.python));
    } catch (error) {
      // A batch that does not fit must not cost the table of those that do.
      console.log(`Batch ${batch}: ${error instanceof Error ? error.message : error}`);
    }
  }
  console.log(table(rows));
  return rows;
}

async function measure(
  batch: number,
  { size, repeats }: GpuBenchOptions,
  rates: GpuRates,
  python: string | undefined,
): Promise<GpuRow[]> {
  const folder = await Deno.makeTempDir();
  const sides: Side[] = [];
  const open = async (side: Side, logits: string, backend: string) => {
    sides.push(side);
    await side.setUp({ ...input, seeds, folder, backend, logits: join(folder, logits) });
    return side;
  };
  const seeds = Array.from({ length: batch }, (_, i) => i + 1);
  const threads = navigator.hardwareConcurrency;
  const input = { ...await writeInput(folder, size, batch, seeds), threads };
  try {
    const ours = await open(Side.ours(), "ours", "webgpu");
    // One batch is enough to see that the GPU computes what the CPU does.
    const checked = batch === 1;
    if (checked) (await open(Side.ours(), "wasm", "wasm")).close();
    let torch = python === undefined ? undefined : await openTorch(python);
    const difference = {
      wasm: checked ? await largestDifference(folder, ["ours", "wasm"]) : null,
      torch: torch ? await largestDifference(folder) : null,
    };
    const rows: GpuRow[] = [];
    for (const mode of ["inference", "train"] as const) {
      // PyTorch's training at batch 32 does not fit into 80 GB: that must not cost our row.
      const ask = async (run: (side: Side) => Promise<number>) => {
        try {
          return torch && await run(torch);
        } catch {
          console.log(`Batch ${batch}, ${mode}: PyTorch failed (above), ours alone`);
          torch = undefined;
        }
      };
      const ourSteps = await stepsOfRound(ours, mode, batch);
      const torchSteps = await ask((side) => stepsOfRound(side, mode, batch));
      const our: number[] = [], their: number[] = [];
      for (let i = 0; i < repeats; i++) {
        our.push(await ours.run(mode, ourSteps));
        const seconds = await ask((side) => side.run(mode, torchSteps));
        if (seconds !== undefined) their.push(seconds);
      }
      rows.push(rowOf({ size, batch, mode, difference, rates }, compareTurns(our, their), {
        ours: await ours.gpuUsage(),
        torch: await torch?.gpuUsage(),
      }));
    }
    return rows;
  } finally {
    for (const side of sides) side.close();
    await Deno.remove(folder, { recursive: true });
  }

  async function openTorch(python: string): Promise<Side | undefined> {
    const side = Side.torch(python, threads);
    sides.push(side);
    try {
      const logits = join(folder, "torch");
      await side.setUp({ ...input, seeds, folder, backend: "", logits, device: "cuda" });
      return side;
    } catch {
      console.log(`Batch ${batch}: PyTorch failed (above), ours alone`);
      return undefined;
    }
  }
}

/** How many steps take about as long as a round, once everything is compiled. */
async function stepsOfRound(side: Side, mode: Mode, batch: number): Promise<number> {
  await side.run(mode, 2); // compiles, makes its buffers
  const seconds = await side.run(mode);
  return Math.max(1, Math.ceil(Math.min(MOST_SLICES / batch, ROUND / seconds)));
}

function rowOf(
  of: Pick<GpuRow, "size" | "batch" | "mode" | "difference"> & { rates: GpuRates },
  { ours: ours_s, theirs: torch_s, ratio, spread }: ReturnType<typeof compareTurns>,
  usage: { ours: GpuUsage; torch: GpuUsage | undefined },
): GpuRow {
  const { size, batch, mode, difference, rates } = of;
  return {
    case: `${size}×${size}, batch ${batch}`,
    ...{ size, batch, mode, ours_s, torch_s, ratio, spread },
    host_s: usage.ours.hostSeconds!,
    floor_s: {
      operations: countOperations(mode, batch, size) / rates.flops,
      bytes: countBytes(mode, batch, size) / rates.bytes,
      dispatches: usage.ours.dispatches! * rates.dispatch,
    },
    ours_mb: usage.ours.megabytes,
    torch_mb: usage.torch?.megabytes ?? null,
    difference,
  };
}

/** A Python whose PyTorch finds a GPU. */
async function findTorchOnCuda(): Promise<{ python: string; version: string } | undefined> {
  const code = "import torch, numpy; print(torch.__version__, 'on', torch.cuda.get_device_name())";
  const python = await findPython(code);
  if (python === undefined) return undefined;
  return { python, version: (await runPython(python, ["-c", code])).trim() };
}

const COLUMNS: readonly Column[] = [
  ["case", 20],
  ["step", 9],
  ["ours, ms", 8],
  ["(CPU)", 6],
  ["PyTorch", 7],
  ["ratio (spread)", 18],
  ["floor: ops", 10],
  ["bytes", 6],
  ["dispatch", 8],
  ["MB ours", 7],
  ["MB PyTorch", 10],
  ["off wasm", 8],
  ["off PyTorch", 11],
];

/** The rows as text: milliseconds, megabytes, and how far logits are off those of the others. */
export function table(rows: readonly GpuRow[]): string {
  const ms = (seconds: number | null) => {
    if (seconds === null) return "–";
    return seconds < 0.1 ? (seconds * 1000).toPrecision(3) : (seconds * 1000).toFixed(0);
  };
  const lines = rows.map((row) =>
    tableLine(COLUMNS, [
      row.case,
      row.mode,
      ...[row.ours_s, row.host_s, row.torch_s].map(ms),
      formatRatio(row),
      ...[row.floor_s.operations, row.floor_s.bytes, row.floor_s.dispatches].map(ms),
      ...[row.ours_mb, row.torch_mb].map((megabytes) => megabytes?.toFixed(0) ?? "–"),
      ...[row.difference.wasm, row.difference.torch].map((off) => off?.toExponential(0) ?? "–"),
    ])
  );
  return [tableHead(COLUMNS), ...lines].join("\n");
}

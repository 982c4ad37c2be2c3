/**
 * Ours and PyTorch in turn, A B A B, in one run: same weights, same input, same masks.
 *
 * @module
 */

import { join } from "@std/path";
import { MedNca } from "../../lib/nca/med_nca.ts";
import { encodeSafetensors } from "../../lib/nca/safetensors.ts";
import { saveWeights, WEIGHT_FILES } from "../../lib/nca/weights.ts";
import { fireKey, fireThreshold } from "../../lib/rollout/fire_mask.ts";
import { hash32, Random } from "../../lib/support/random.ts";
import { countOperations } from "./operations.ts";
import { Peak } from "./peak.ts";
import { type Mode, Side } from "./side.ts";
import { compareTurns, median } from "./statistics.ts";

/** One line of the benchmark. What was not run is null. */
export interface Row {
  case: string;
  /** Height and width of the slices. */
  size: number;
  batch: number;
  threads: number;
  mode: Mode;
  /** Median seconds of a step. */
  ours_s: number;
  torch_s: number | null;
  /** PyTorch's time over ours: the median over the pairs. */
  ratio: number | null;
  /** The smallest and largest ratio of a pair. */
  spread: [number, number] | null;
  /** Largest resident size of the process so far; inference comes before training. */
  ours_rss_mb: number;
  torch_rss_mb: number | null;
  /** Counted operations over our time. */
  gflops: number;
  /** What the machine can do on so many threads, measured in turn with the steps. */
  peak_gflops: number;
  /** The first over the second. */
  peak_share: number;
  /** Stock tfjs on its `cpu` backend: one step. */
  tfjs_s: number | null;
  tfjs_rss_mb: number | null;
  /** The largest difference of the logits to PyTorch's, relative to the largest logit. */
  difference: number | null;
}

/** What to compare. */
export interface Case {
  size: number;
  batch: number;
  threads: number;
}

/** A case in words. */
export function caseName({ size, batch, threads }: Case): string {
  return `${size}×${size}, batch ${batch}, ${threadCount(threads)}`;
}

/** "1 thread", "2 threads". */
export function threadCount(threads: number): string {
  return `${threads} thread${threads === 1 ? "" : "s"}`;
}

/** How. */
export interface CompareOptions {
  /** Which of our backends. */
  backend: string;
  /** A Python with PyTorch; ours alone where there is none. */
  python?: string | undefined;
  /** Modes in which PyTorch needs more memory than there is. */
  tooLarge?: readonly Mode[];
  /** Whether to run stock tfjs too, some minutes. */
  tfjs?: boolean;
  /** Timed steps of each side. */
  repeats: number;
}

/** Measures one case: inference, then training. */
export async function compare(oneCase: Case, options: CompareOptions): Promise<Row[]> {
  const { size, batch, threads } = oneCase;
  const { backend, python, tooLarge = [], tfjs = false, repeats } = options;
  const folder = await Deno.makeTempDir();
  const sides: Side[] = [];
  const peak = await Peak.start(threads);
  try {
    const seeds = Array.from({ length: batch }, (_, i) => i + 1);
    const set = { threads, folder, seeds, ...await writeInput(folder, size, batch, seeds) };
    const open = async (name: string, side: Side, chosen = backend) => {
      sides.push(side);
      await side.setUp({ ...set, backend: chosen, logits: join(folder, name) });
      return side;
    };
    const ours = await open("ours", Side.ours());
    const torch = python !== undefined && !tooLarge.includes("inference")
      ? await open("torch", Side.torch(python, threads))
      : undefined;
    const stock = tfjs ? await open("tfjs", Side.ours(), "ops") : undefined;
    const difference = torch ? await largestDifference(folder) : null;

    const rows: Row[] = [];
    for (const mode of ["inference", "train"] as const) {
      const other = tooLarge.includes(mode) ? undefined : torch;
      const our: number[] = [], their: number[] = [], peaks: number[] = [];
      for (let i = -1; i < repeats; i++) {
        const [a, b] = [await ours.run(mode), await other?.run(mode)];
        if (i < 0) continue; // the first warms up
        our.push(a);
        if (b !== undefined) their.push(b);
        peaks.push(await peak.measure());
      }
      const { ours: ours_s, theirs: torch_s, ratio, spread } = compareTurns(our, their);
      const gflops = countOperations(mode, batch, size) / ours_s / 1e9;
      const peak_gflops = median(peaks);
      rows.push({
        case: caseName(oneCase),
        ...{ size, batch, threads, mode, ours_s, torch_s, ratio, spread },
        ours_rss_mb: await ours.memory(),
        torch_rss_mb: await other?.memory() ?? null,
        gflops,
        peak_gflops,
        peak_share: gflops / peak_gflops,
        tfjs_s: await stock?.run(mode) ?? null,
        tfjs_rss_mb: await stock?.memory() ?? null,
        difference,
      });
    }
    return rows;
  } finally {
    peak.close();
    for (const side of sides) side.close();
    await Deno.remove(folder, { recursive: true });
  }
}

/** Writes weights, a batch of smooth blobs with labels, and the keys of the masks. */
export async function writeInput(folder: string, size: number, batch: number, seeds: number[]) {
  const model = new MedNca({ stats: "batch" }, { seed: 1 }); // as PyTorch's batch norm
  await saveWeights(model, folder);
  const { steps, fireRate } = model.config;
  model.dispose();
  const random = new Random(2);
  const images = new Float32Array(batch * size * size);
  const labels = new Float32Array(images.length);
  for (let i = 0; i < images.length; i++) {
    const [x, y] = [i % size / size - 0.5, Math.floor(i / size) % size / size - 0.5];
    labels[i] = Math.hypot(x, y) < 0.2 ? 1 : 0;
    images[i] = 0.3 + 0.3 * labels[i]! + 0.2 * random.uniform();
  }
  const shape = [batch, 1, size, size];
  const input = join(folder, "batch.safetensors");
  await Deno.writeFile(
    input,
    encodeSafetensors(
      new Map([
        ["images", { dtype: "F32", shape, data: images }],
        ["labels", { dtype: "F32", shape, data: labels }],
      ]),
    ),
  );
  const keys = steps.map((count, stage) =>
    Array.from({ length: count }, (_, step) => seeds.map((s) => fireKey(hash32(s, stage), step)))
  );
  return {
    weights: WEIGHT_FILES.map((name) => join(folder, name)),
    batch: input,
    keys,
    threshold: fireThreshold(fireRate),
  };
}

/** How far two files of logits are apart, relative to the largest of the second. */
export async function largestDifference(
  folder: string,
  names: readonly [string, string] = ["ours", "torch"],
): Promise<number> {
  const read = async (name: string) =>
    new Float32Array((await Deno.readFile(join(folder, name))).buffer);
  const [a, b] = [await read(names[0]), await read(names[1])];
  let difference = 0, largest = 0;
  for (let i = 0; i < b.length; i++) {
    difference = Math.max(difference, Math.abs(a[i]! - b[i]!));
    largest = Math.max(largest, Math.abs(b[i]!));
  }
  return difference / largest;
}

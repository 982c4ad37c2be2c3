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
import { type Mode, Side } from "./side.ts";

/** One line of the benchmark. */
export interface Row {
  case: string;
  size: number;
  batch: number;
  threads: number;
  mode: Mode;
  /** Median seconds of a step. */
  ours_s: number;
  /** Median seconds of PyTorch's step; null where it was not run. */
  torch_s: number | null;
  /** PyTorch's time over ours: the median over the pairs. */
  ratio: number | null;
  /** The smallest and largest ratio of a pair. */
  spread: [number, number] | null;
  ours_rss_mb: number;
  torch_rss_mb: number | null;
  /** Counted operations over our time. */
  gflops: number;
  /** The largest difference of the logits, relative to the largest logit. */
  difference: number | null;
}

/** What to compare. */
export interface Case {
  size: number;
  batch: number;
  threads: number;
}

/** How. */
export interface CompareOptions {
  backend: string;
  /** A Python with PyTorch; ours alone where there is none. */
  python?: string | undefined;
  /** Timed steps of each side. */
  repeats: number;
}

/** Measures one case: inference, then training. */
export async function compare(
  { size, batch, threads }: Case,
  { backend, python, repeats }: CompareOptions,
): Promise<Row[]> {
  const folder = await Deno.makeTempDir();
  const sides: Side[] = [];
  try {
    const seeds = Array.from({ length: batch }, (_, i) => i + 1);
    const set = { threads, backend, folder, ...await writeInput(folder, size, batch, seeds) };
    const ours = Side.ours();
    sides.push(ours);
    await ours.setUp({ ...set, seeds, logits: join(folder, "ours") });
    let torch: Side | undefined;
    if (python !== undefined) {
      torch = Side.torch(python, threads);
      sides.push(torch);
      await torch.setUp({ ...set, seeds, logits: join(folder, "torch") });
    }
    const difference = torch ? await largestDifference(folder) : null;

    const rows: Row[] = [];
    for (const mode of ["inference", "train"] as const) {
      const times: { ours: number; torch: number | null }[] = [];
      for (let i = -1; i < repeats; i++) {
        const pair = { ours: await ours.run(mode), torch: await torch?.run(mode) ?? null };
        if (i >= 0) times.push(pair); // the first warms up
      }
      const seconds = median(times.map(({ ours }) => ours));
      const ratios = times.flatMap(({ ours, torch }) => torch === null ? [] : [torch / ours]);
      rows.push({
        case: `${size}×${size}, batch ${batch}, ${threads} thread${threads === 1 ? "" : "s"}`,
        size,
        batch,
        threads,
        mode,
        ours_s: seconds,
        torch_s: torch ? median(times.map(({ torch }) => torch!)) : null,
        ratio: torch ? median(ratios) : null,
        spread: torch ? [Math.min(...ratios), Math.max(...ratios)] : null,
        ours_rss_mb: await ours.memory(),
        torch_rss_mb: await torch?.memory() ?? null,
        gflops: countOperations(mode, batch, size) / seconds / 1e9,
        difference,
      });
    }
    return rows;
  } finally {
    for (const side of sides) side.close();
    await Deno.remove(folder, { recursive: true });
  }
}

/** Weights, a batch of smooth blobs with labels, and the keys of the masks. */
async function writeInput(folder: string, size: number, batch: number, seeds: number[]) {
  const model = new MedNca({}, { seed: 1 });
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

async function largestDifference(folder: string): Promise<number> {
  const read = async (name: string) =>
    new Float32Array((await Deno.readFile(join(folder, name))).buffer);
  const [a, b] = [await read("ours"), await read("torch")];
  let difference = 0, largest = 0;
  for (let i = 0; i < b.length; i++) {
    difference = Math.max(difference, Math.abs(a[i]! - b[i]!));
    largest = Math.max(largest, Math.abs(b[i]!));
  }
  return difference / largest;
}

function median(values: number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

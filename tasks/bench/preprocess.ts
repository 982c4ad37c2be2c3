/**
 * Preprocessing beside nibabel and NumPy, in turn: read, normalise, cut, pad, save as `.npy`.
 *
 * @module
 */

import { join } from "@std/path";
import { fileURLToPath } from "node:url";
import { compareTurns, median } from "./statistics.ts";

/** What was measured of preprocessing. */
export interface PreprocessRow {
  case: string;
  mode: "preprocess";
  /** Median seconds, without the start of the program. */
  ours_s: number;
  /** Those of nibabel and NumPy; null if they were not run. */
  numpy_s: number | null;
  /** NumPy's time over ours: the median over the pairs. */
  ratio: number | null;
  spread: [number, number] | null;
  /** Largest resident size of the process. */
  ours_rss_mb: number;
  numpy_rss_mb: number | null;
}

interface Result {
  seconds: number;
  megabytes: number;
  cases: number;
  slices: number;
}

/**
 * Cuts a data set in the Decathlon layout.
 *
 * @param options.python A Python with nibabel and NumPy; ours alone where there is none.
 */
export async function comparePreprocessing(
  data: string,
  options: { python: string | undefined; repeats: number },
): Promise<PreprocessRow> {
  const { python, repeats } = options;
  const script = (name: string) => fileURLToPath(new URL(name, import.meta.url));
  const pairs: { ours: Result; numpy?: Result }[] = [];
  for (let i = -1; i < repeats; i++) {
    const ours = await run(Deno.execPath(), ["run", "--allow-all", script("our_slices.ts"), data]);
    const numpy = python && await run(python, [script("numpy_slices.py"), data]);
    if (numpy && numpy.slices !== ours.slices) {
      throw new Error(`${ours.slices} slices are ours, ${numpy.slices} NumPy's`);
    }
    if (i >= 0) pairs.push({ ours, ...(numpy ? { numpy } : {}) }); // the first reads from disk
  }
  const all = pairs.map(({ ours }) => ours);
  const theirs = pairs.flatMap(({ numpy }) => numpy ?? []);
  const seconds = (results: readonly Result[]) => results.map((result) => result.seconds);
  const { ours, theirs: numpy, ratio, spread } = compareTurns(seconds(all), seconds(theirs));
  return {
    case: `${all[0]!.cases} volumes to ${all[0]!.slices} slices`,
    mode: "preprocess",
    ...{ ours_s: ours, numpy_s: numpy, ratio, spread },
    ours_rss_mb: median(all.map(({ megabytes }) => megabytes)),
    numpy_rss_mb: theirs.length > 0 ? median(theirs.map(({ megabytes }) => megabytes)) : null,
  };
}

async function run(command: string, args: string[]): Promise<Result> {
  const folder = await Deno.makeTempDir();
  try {
    const { success, stdout } = await new Deno.Command(command, {
      args: [...args, join(folder, "out")],
      stderr: "inherit",
    }).output();
    if (!success) throw new Error(`${args[0]} failed`);
    return JSON.parse(new TextDecoder().decode(stdout));
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/**
 * Our side of the benchmark of preprocessing: as `numpy_slices.py`.
 *
 * @module
 */

import { extractSlices } from "../../lib/slices/mod.ts";
import { peakMegabytes } from "./memory.ts";

const [data, out] = Deno.args as [string, string];
const start = performance.now();
const { manifest } = await extractSlices({ data, out });
console.log(JSON.stringify({
  seconds: (performance.now() - start) / 1000,
  megabytes: await peakMegabytes(),
  cases: manifest.cases.length,
  slices: manifest.slices.length,
}));

/**
 * The machine's peak: multiply-adds on 128-bit vectors that need no memory, on some threads.
 *
 * @module
 */

import { once } from "node:events";
import { Worker } from "node:worker_threads";
import asc from "assemblyscript/asc";
import { hasRelaxedSimd } from "../../lib/rollout/wasm/build.ts";

/** Sums that are in flight: a multiply-add takes four cycles and two start in each. */
const SUMS = 12;

/** The loop is unrolled, so that its counter costs nothing. */
const UNROLL = 4;

/** Operations of one turn of the kernel's loop: a multiply and an add in each of four lanes. */
const OPERATIONS = UNROLL * SUMS * 4 * 2;

/** Threads that measure the peak together. */
export class Peak {
  readonly #workers: Worker[];

  private constructor(workers: Worker[]) {
    this.#workers = workers;
  }

  /** Starts the threads. */
  static async start(threads: number): Promise<Peak> {
    const module = await WebAssembly.compile(await compile(hasRelaxedSimd()));
    const workers = Array.from({ length: threads }, () => {
      const worker = new Worker(new URL("./peak_worker.ts", import.meta.url));
      worker.postMessage(module);
      return worker;
    });
    const peak = new Peak(workers);
    await peak.measure(20); // V8 recompiles what runs long
    return peak;
  }

  /** GFLOP/s of all threads at once. */
  async measure(milliseconds = 100): Promise<number> {
    const rates = await Promise.all(this.#workers.map((worker) => {
      const answer = once(worker, "message") as Promise<[number]>;
      worker.postMessage(milliseconds);
      return answer;
    }));
    return rates.reduce((sum, [rate]) => sum + rate, 0) * OPERATIONS / 1e9;
  }

  /** Ends the threads. */
  close(): void {
    for (const worker of this.#workers) worker.terminate();
  }
}

function source(relaxed: boolean): string {
  const sums = Array.from({ length: SUMS }, (_, i) => `s${i}`);
  const madd = (s: string) =>
    relaxed ? `f32x4.relaxed_madd(${s}, a, b)` : `f32x4.add(f32x4.mul(${s}, a), b)`;
  return `
export function run(turns: i32, x: f32): f32 {
  const a = f32x4.splat(x); // a constant would be loaded in every iteration
  const b = f32x4.splat(x);
  ${sums.map((s, i) => `let ${s} = f32x4.splat(${i});`).join("\n")}
  for (let i = 0; i < turns; i++) {
    ${Array(UNROLL).fill(sums.map((s) => `${s} = ${madd(s)};`).join("\n")).join("\n")}
  }
  return f32x4.extract_lane(${sums.reduce((all, s) => `f32x4.add(${all}, ${s})`)}, 0);
}`;
}

async function compile(relaxed: boolean): Promise<Uint8Array<ArrayBuffer>> {
  let wasm: Uint8Array<ArrayBuffer> | undefined;
  const { error } = await asc.main([
    "peak.ts",
    "--outFile=peak.wasm",
    "-O3",
    "--runtime=stub",
    `--enable=simd${relaxed ? ",relaxed-simd" : ""}`,
  ], {
    readFile: (name) => name === "peak.ts" ? source(relaxed) : null,
    writeFile: (_name, contents) => {
      wasm = contents as Uint8Array<ArrayBuffer>;
    },
    listFiles: () => [],
  });
  if (error || !wasm) throw error ?? new Error("Cannot compile the kernel of the peak");
  return wasm;
}

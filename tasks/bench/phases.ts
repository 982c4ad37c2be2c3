/**
 * Where the time of a rollout goes: every phase of the kernels on one thread, chunk by chunk.
 *
 * @module
 */

import { Allocation } from "../../lib/rollout/wasm/allocation.ts";
import { Arena } from "../../lib/rollout/wasm/arena.ts";
import { hasRelaxedSimd } from "../../lib/rollout/wasm/build.ts";
import { JOB_FIELDS, MAX_PAGES, teamBuffers } from "../../lib/rollout/wasm/buffers.ts";
import { compileKernels } from "../../lib/rollout/wasm/compile.ts";
import { Job, type Runner } from "../../lib/rollout/wasm/job.ts";
import { instantiate } from "../../lib/rollout/wasm/kernels.ts";
import { Random } from "../../lib/support/random.ts";
import { operationsOfPhases, type Phase } from "./operations.ts";

/** The kernels' phases, which the module exports beside the tasks. Numbers are addresses. */
interface PhaseKernels {
  guessMean(job: number, group: number): void;
  convolveChunk(
    ...of: [job: number, chunk: number, from: number, kernel: number, to: number, add: number]
  ): void;
  sumChunk(job: number, step: number, chunk: number, scratch: number): void;
  finishStatistics(job: number, step: number, group: number, scratch: number): void;
  updateChunk(job: number, step: number, chunk: number, scratch: number): void;
  startGroup(job: number, group: number): void;
  firedChunk(job: number, step: number, chunk: number, scratch: number): void;
  finishGroup(job: number, step: number, group: number, scratch: number): void;
  denseChunk(job: number, step: number, chunk: number, scratch: number): void;
  perceptionChunk(job: number, step: number, chunk: number): void;
}

/** What a phase took. */
export interface PhaseRow {
  readonly phase: Phase;
  /** Milliseconds of one step of the whole slice. */
  readonly milliseconds: number;
  /** 10⁹ operations a second. */
  readonly gflops: number;
  /** 10⁹ bytes a second to and from arrays that are larger than the nearest cache. */
  readonly gigabytes: number;
}

const MODEL = { channels: 16, hidden: 64 };
/** Of the times of a chunk this part is shorter: other programs only make it longer. */
const QUANTILE = 0.25;

/**
 * Measures the phases of one automaton with the tutorial's numbers of channels and hidden units.
 *
 * @param options.size Height and width of the grid.
 * @param options.kernel Size of the perception kernel.
 * @param options.steps Steps of the rollout.
 */
export async function measurePhases(
  { size, kernel, steps }: { size: number; kernel: number; steps: number },
): Promise<PhaseRow[]> {
  const build = { relaxed: hasRelaxedSimd(), shared: true, wide: true, checked: false };
  const arena = new Arena(true, 0, MAX_PAGES);
  const memory = new Allocation(arena);
  memory.add(teamBuffers());
  const module = await compileKernels(MODEL, build);
  const kernels = instantiate(module, arena.memory, String) as unknown as PhaseKernels;

  const times = new Map<Phase, number[]>();
  const timed = (phase: Phase, run: () => void) => {
    const start = performance.now();
    run();
    const list = times.get(phase) ?? [];
    list.push(performance.now() - start);
    times.set(phase, list);
  };
  let chunks = 0;
  const run: Runner["run"] = (task, job) => {
    const fields = arena.integers.subarray(job / 4, job / 4 + JOB_FIELDS.length);
    const field = (name: string) => fields[JOB_FIELDS.indexOf(name)]!;
    const [scratch, flat] = [field("scratch"), field("perception")];
    chunks = field("chunks");
    const each = (phase: Phase, work: (chunk: number) => void) => {
      for (let chunk = 0; chunk < chunks; chunk++) timed(phase, () => work(chunk));
    };
    const perceive = (step: number, chunk: number) => {
      const state = field("states") + step * field("statesBytes");
      kernels.convolveChunk(job, chunk, state, field("kernel"), flat, 0);
    };
    if (task === "forward") {
      kernels.guessMean(job, 0);
      for (let step = 0; step < steps; step++) {
        each("perception", (chunk) => perceive(step, chunk));
        each("perception and statistics", (chunk) => kernels.sumChunk(job, step, chunk, scratch));
        timed("batch norm", () => kernels.finishStatistics(job, step, 0, scratch));
        each("update", (chunk) => kernels.updateChunk(job, step, chunk, scratch));
      }
      return;
    }
    kernels.startGroup(job, 0);
    for (let step = steps - 1; step >= 0; step--) {
      for (let chunk = 0; chunk < chunks; chunk++) {
        perceive(step, chunk);
        timed("firing cells' gradient", () => kernels.firedChunk(job, step, chunk, scratch));
      }
      timed("batch norm's gradient", () => kernels.finishGroup(job, step, 0, scratch));
      each("all cells' gradient", (chunk) => kernels.denseChunk(job, step, chunk, scratch));
      each("perception's gradient", (chunk) => kernels.perceptionChunk(job, step, chunk));
    }
  };

  const random = new Random(0);
  const normal = (length: number, deviation: number) =>
    Float32Array.from({ length }, () => deviation * random.normal());
  const { channels: c, hidden: h } = MODEL;
  const weights = {
    perceptionWeight: normal(c * kernel ** 2, 1 / kernel),
    fc1Weight: normal(h * 2 * c, 0.1),
    bnWeight: normal(h, 1),
    bnBias: normal(h, 0.1),
    fc2Weight: normal((c - 1) * h, 0.01),
    fc2Bias: normal(c - 1, 0.01),
  };
  const shape = { batch: 1, height: size, width: size, ...MODEL, kernelSize: kernel };
  const options = { steps, fireRate: 0.5, stats: "slice", seeds: [0] } as const;
  const runs = 3;
  for (let i = 0; i < runs; i++) {
    if (i === 1) times.clear(); // the first run is that of V8's compiler
    const job = new Job(arena, { threads: 1, memory, run }, shape, weights, options, true);
    job.forward(normal(size * size * c, 0.3));
    job.backward(normal(size * size * c, 0.1));
    job.release();
  }
  const work = operationsOfPhases({ channels: c, hidden: h, kernel, fireRate: 0.5 });
  return Array.from(times, ([phase, list]) => {
    const typical = list.sort((a, b) => a - b)[Math.floor(QUANTILE * list.length)]!;
    const milliseconds = typical * list.length / (runs - 1) / steps;
    const perCell = 1e-6 * size * size / milliseconds;
    const { multiplyAdds, bytes } = work[phase];
    return { phase, milliseconds, gflops: 2 * multiplyAdds * perCell, gigabytes: bytes * perCell };
  });
}

/** 10⁹ bytes a second, read and written, where an array larger than the caches is copied. */
export function copyRate(): number {
  const from = new Uint8Array(2 ** 27).fill(1);
  const to = new Uint8Array(from.length);
  const times = Array.from({ length: 5 }, () => {
    const start = performance.now();
    to.set(from);
    return performance.now() - start;
  });
  return 2e-6 * from.length / Math.min(...times);
}

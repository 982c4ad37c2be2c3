import * as tf from "@tensorflow/tfjs";
import assert from "node:assert/strict";
import { NCA2D } from "../../lib/nca/nca2d.ts";
import { OpsEngine } from "../../lib/rollout/ops/ops_engine.ts";
import type { ModelShape, RolloutOptions } from "../../lib/rollout/types.ts";
import { compileKernels } from "../../lib/rollout/wasm/compile.ts";
import { createWasmEngine } from "../../lib/rollout/wasm/create_wasm_engine.ts";
import { relativeError } from "../fixtures/parity.ts";
import {
  batchTest,
  classParityTests,
  classTrainingParityTests,
  parityTests,
  trainingParityTests,
} from "./parity_suite.ts";
import { randomState, runAll } from "./support/rollouts.ts";

tf.enableProdMode();
await tf.setBackend("cpu");

for (const relaxed of [true, false]) {
  for (const threads of [1, 2]) {
    const name = `wasm on ${threads} thread(s)${relaxed ? "" : " with plain SIMD"}`;
    const open = (shape: ModelShape) => createWasmEngine({ shape, threads, relaxed });
    parityTests(name, open);
    batchTest(name, open);
    trainingParityTests(name, open);
    classParityTests(name, open);
  }
}
parityTests("wasm without shared memory", () => createWasmEngine({ threads: 2, shared: false }));
classTrainingParityTests("wasm", (shape) => createWasmEngine({ shape, threads: 2 }));

const NAMES = [
  "last state",
  "first state's gradient",
  ...[
    "perception.weight",
    "perception.bias",
    "fc1.weight",
    "fc1.bias",
    "bn.weight",
    "bn.bias",
    "fc2.weight",
    "fc2.bias",
  ].map((name) => `gradient of ${name}`),
];

const SHAPES = [
  // Widths that are no multiple of the tile, more rows than a chunk, kernels of every code path.
  { name: "narrow slices", size: [2, 13, 5, 16], hidden: 64, kernel: 3, stats: "slice" },
  { name: "a 5×5 kernel", size: [1, 9, 11, 16], hidden: 64, kernel: 5, stats: "slice" },
  { name: "a 9×9 kernel", size: [1, 12, 10, 16], hidden: 64, kernel: 9, stats: "batch" },
  { name: "many chunks", size: [2, 70, 33, 16], hidden: 64, kernel: 3, stats: "slice" },
  { name: "statistics of the batch", size: [3, 24, 20, 16], hidden: 64, kernel: 7, stats: "batch" },
  { name: "another model shape", size: [2, 16, 12, 8], hidden: 24, kernel: 3, stats: "slice" },
  { name: "a single cell", size: [1, 1, 1, 16], hidden: 64, kernel: 3, stats: "slice" },
] as const;

for (const { name, size, hidden, kernel, stats } of SHAPES) {
  Deno.test(`wasm equals ops on ${name}`, async () => {
    const channels = size[3];
    const engine = await createWasmEngine({ shape: { channels, hidden }, threads: 2 });
    const nca = new NCA2D({ channels, hidden, kernel }, { seed: 3 });
    const state = randomState([...size], 4);
    const options: RolloutOptions = {
      steps: 3,
      fireRate: 0.5,
      seeds: Array.from({ length: size[0] }, (_, i) => i + 9),
      stats,
    };
    try {
      const expected = runAll(new OpsEngine(), nca, state, options);
      const actual = runAll(engine, nca, state, options);
      for (const [i, array] of expected.entries()) {
        const bias = /perception.bias|fc1.bias/.test(NAMES[i]!);
        if (bias) { // zero in exact arithmetic, noise in that of the plain ops
          assert(actual[i]!.every((value) => value === 0), NAMES[i]!);
          continue;
        }
        if (array.every((value) => Math.abs(value) < 1e-3)) continue; // one cell: no variance
        const error = relativeError(actual[i]!, array);
        assert(error < 2e-4, `${NAMES[i]}: ${error}`);
      }
    } finally {
      engine.dispose();
      nca.dispose();
      state.dispose();
    }
  });
}

Deno.test("wasm gives the same bits on any number of threads", async () => {
  const nca = new NCA2D({ channels: 16, hidden: 64, kernel: 3 }, { seed: 1 });
  const state = randomState([2, 66, 41, 16], 2);
  const options: RolloutOptions = { steps: 4, fireRate: 0.5, seeds: [3, 4], stats: "slice" };
  const results = [];
  for (const set of [{ threads: 1 }, { threads: 2 }, { threads: 3 }, { shared: false }]) {
    const engine = await createWasmEngine(set);
    results.push(runAll(engine, nca, state, options));
    engine.dispose();
  }
  for (const result of results.slice(1)) assert.deepEqual(result, results[0]);
  nca.dispose();
  state.dispose();
});

Deno.test("wasm goes on with a rollout where it ended", async () => {
  const engine = await createWasmEngine({ threads: 1 });
  const nca = new NCA2D({ channels: 16, hidden: 64, kernel: 3 }, { seed: 1 });
  const state = randomState([1, 20, 20, 16], 2);
  const options: RolloutOptions = { steps: 5, fireRate: 0.5, seeds: [3], stats: "slice" };
  const whole = engine.rollout(state, nca.weights, options).dataSync();
  const half = engine.rollout(state, nca.weights, { ...options, steps: 2 });
  const rest = engine.rollout(half, nca.weights, { ...options, steps: 3, firstStep: 2 }).dataSync();
  assert(relativeError(rest, whole) < 1e-5);
  engine.dispose();
  tf.disposeVariables();
});

Deno.test("wasm gives its memory back, and tensors do not leak", async () => {
  const engine = await createWasmEngine({ threads: 2 });
  const nca = new NCA2D({ channels: 16, hidden: 64, kernel: 3 }, { seed: 1 });
  const state = randomState([1, 32, 32, 16], 2);
  const options: RolloutOptions = { steps: 4, fireRate: 0.5, seeds: [3], stats: "slice" };
  runAll(engine, nca, state, options);
  const [memory, tensors] = [engine.memoryInUse, tf.memory().numTensors];
  for (let i = 0; i < 3; i++) runAll(engine, nca, state, options);
  assert.equal(engine.memoryInUse, memory);
  assert.equal(tf.memory().numTensors, tensors);
  engine.dispose();
  tf.disposeVariables();
  state.dispose();
});

Deno.test("wasm is chosen at start by what the runtime has", async () => {
  const describe = async (options: Parameters<typeof createWasmEngine>[0]) => {
    const engine = await createWasmEngine(options);
    engine.dispose();
    return engine.description;
  };
  assert.match(await describe({ threads: 2 }), /2 threads/);
  assert.match(await describe({ relaxed: false }), /without fused multiply-add/);
  assert.doesNotMatch(await describe({}), /shared memory/);
  const held = globalThis.SharedArrayBuffer;
  try {
    Reflect.deleteProperty(globalThis, "SharedArrayBuffer");
    assert.match(await describe({ threads: 2 }), /1 thread, .*without shared memory/);
  } finally {
    Object.defineProperty(globalThis, "SharedArrayBuffer", { value: held, configurable: true });
  }
});

Deno.test("wasm says what it cannot run", async () => {
  await assert.rejects(
    () =>
      compileKernels(
        { channels: 12, hidden: 64 },
        { relaxed: true, shared: true, wide: true, checked: false },
      ),
    /multiples of 8, got 12 and 64/,
  );
  await assert.rejects(() => createWasmEngine({ threads: 0 }), RangeError);
  const engine = await createWasmEngine({ threads: 1 });
  const nca = new NCA2D({ channels: 8, hidden: 16, kernel: 3 });
  const options: RolloutOptions = { steps: 1, fireRate: 0.5, seeds: [3], stats: "slice" };
  assert.throws(
    () => engine.rollout(tf.zeros([1, 8, 8, 8]), nca.weights, options),
    /made for 16 and 64/,
  );
  engine.dispose();
  nca.dispose();
});

import * as tf from "@tensorflow/tfjs";
import assert from "node:assert/strict";
import { initBackend } from "../../../lib/backend.ts";
import { MedNca } from "../../../lib/nca/med_nca.ts";
import { NCA2D } from "../../../lib/nca/nca2d.ts";
import { OpsEngine } from "../../../lib/rollout/ops/ops_engine.ts";
import type { RolloutEngine, RolloutOptions } from "../../../lib/rollout/types.ts";
import { isSoftware } from "../../../lib/rollout/webgpu/adapter.ts";
import { WebGpuEngine } from "../../../lib/rollout/webgpu/webgpu_engine.ts";
import { Random } from "../../../lib/support/random.ts";
import { Adam } from "../../../lib/training/adam.ts";
import { trainingStep } from "../../../lib/training/training_step.ts";
import { relativeError } from "../../fixtures/parity.ts";
import { parityTests } from "../parity_suite.ts";
import { adapter, withAdapter } from "../support/webgpu.ts";

tf.enableProdMode();

if (adapter === null) Deno.test(withAdapter("webgpu: equals PyTorch", () => Promise.reject()));
else parityTests("webgpu", () => WebGpuEngine.create());

const names = (nca: NCA2D) => ["first state", ...nca.variables.keys()];

/** The last state, and the gradients of a weighted sum of it by the state and the weights. */
async function runAll(
  engine: RolloutEngine,
  { shape, kernel, hidden, options }: Example,
): Promise<Map<string, Float32Array>> {
  const random = new Random(5);
  const size = shape.reduce((a, b) => a * b);
  const normal = () => random.normal();
  const nca = new NCA2D({ channels: shape[3], hidden, kernel }, { seed: 3 });
  // A mean far from 0 in some channels: the covariance must not lose its digits.
  const state = Float32Array.from({ length: size }, (_, i) => normal() + (i % 5 === 3 ? 10 : 0));
  const input = tf.tidy(() => tf.variable(tf.tensor4d(state, shape)));
  const slope = tf.tensor4d(Float32Array.from({ length: size }, normal), shape);
  const { grads, value } = tf.variableGrads(
    () => engine.rollout(input as tf.Tensor4D, nca.weights, options).mul(slope).sum(),
    [input, ...nca.variables.values()],
  );
  // Without a gradient the engine keeps no states: another path, the same result.
  const last = engine.rollout(input as tf.Tensor4D, nca.weights, options);
  const results = new Map([["last state", await last.data<"float32">()]]);
  for (const [i, { name }] of [input, ...nca.variables.values()].entries()) {
    results.set(`gradient of ${names(nca)[i]}`, await grads[name]!.data<"float32">());
  }
  tf.dispose([input, slope, value, last, grads]);
  nca.dispose();
  return results;
}

interface Example {
  shape: [number, number, number, number];
  kernel: number;
  hidden: number;
  options: RolloutOptions;
}

const options = { steps: 2, fireRate: 0.5, seeds: [7, 8], stats: "slice" } as const;
const EXAMPLES: Record<string, Example> = {
  "a grid of no whole tile": { shape: [2, 13, 17, 16], kernel: 3, hidden: 64, options },
  "statistics of the batch": {
    shape: [2, 12, 12, 16],
    kernel: 3,
    hidden: 64,
    options: { ...options, stats: "batch" },
  },
  "a grid narrower than its kernel": { shape: [2, 20, 3, 16], kernel: 7, hidden: 64, options },
  "another model": { shape: [2, 16, 16, 12], kernel: 3, hidden: 40, options },
  "no cell that fires": {
    shape: [2, 8, 8, 16],
    kernel: 3,
    hidden: 64,
    options: { ...options, fireRate: 0 },
  },
  "a later part of a rollout": {
    shape: [2, 8, 8, 16],
    kernel: 3,
    hidden: 64,
    options: { ...options, firstStep: 5 },
  },
  "chunks of several tiles": {
    shape: [1, 520, 520, 4],
    kernel: 1,
    hidden: 4,
    options: { ...options, steps: 1, seeds: [9] },
  },
};

for (const [name, example] of Object.entries(EXAMPLES)) {
  Deno.test(withAdapter(`webgpu equals ops on ${name}`, async () => {
    const engine = await WebGpuEngine.create({
      shape: { channels: example.shape[3], hidden: example.hidden },
    });
    const actual = await runAll(engine, example);
    engine.dispose();
    await tf.setBackend("cpu");
    const expected = await runAll(new OpsEngine(), example);
    for (const [what, values] of actual) {
      // Zero in exact arithmetic, noise in that of the plain ops.
      const cancels = /perception\.bias|fc1\.bias/.test(what);
      if (cancels || expected.get(what)!.every((value) => value === 0)) {
        assert(values.every((value) => value === 0), what);
      } else {
        const error = relativeError(values, expected.get(what)!);
        assert(error < 2e-5, `${what}: ${error}`);
      }
    }
  }));
}

Deno.test(withAdapter("webgpu gives the same bits again, and no tensor leaks", async () => {
  const engine = await WebGpuEngine.create();
  const example = EXAMPLES["a grid of no whole tile"]!;
  const first = await runAll(engine, example);
  const before = tf.memory().numTensors;
  assert.deepEqual(await runAll(engine, example), first);
  assert.equal(tf.memory().numTensors, before);
  engine.dispose();
}));

/** The losses of a few training steps at 32×32. */
async function losses(backend: string): Promise<number[]> {
  const { name, dispose } = await initBackend({ backend, threads: 1 });
  assert.equal(name, backend);
  const random = new Random(1);
  const [size, height, width] = [2, 32, 32];
  const images = Float32Array.from({ length: size * height * width }, () => random.uniform());
  const labels = images.map((_, i) => Math.hypot(i % 32 - 16, (i >> 5) % 32 - 14) < 8 ? 1 : 0);
  const model = new MedNca({ steps: [10, 5] }, { seed: 1 });
  const adam = new Adam(model.variables, { betas: [0.9, 0.999], eps: 1e-8 });
  const result: number[] = [];
  for (let step = 0; step < 5; step++) {
    const before = tf.memory().numTensors;
    const batch = { images, labels, size, height, width, records: [] };
    const figures = trainingStep(model, adam, batch, { seeds: [step, 99], learningRate: 1e-3 });
    result.push((await figures.data())[0]!);
    figures.dispose();
    assert.equal(tf.memory().numTensors, before, "tensors leak");
  }
  adam.dispose();
  model.dispose();
  dispose();
  return result;
}

Deno.test(withAdapter("webgpu trains as wasm does", async () => {
  const [ours, fused] = [await losses("webgpu"), await losses("wasm")];
  assert(fused.at(-1)! < fused[0]!, `nothing was learnt: ${fused}`);
  for (const [i, loss] of ours.entries()) {
    assert(Math.abs(loss - fused[i]!) < 1e-4 * fused[i]!, `step ${i + 1}: ${ours}, ${fused}`);
  }
}));

Deno.test("auto never takes an adapter that is a program on the CPU", async () => {
  const software = ["llvmpipe (LLVM 15.0.6, 256 bits)", "SwiftShader Device (Subzero)"];
  for (const description of [...software, "Microsoft Basic Render Driver"]) {
    assert(isSoftware({ info: { description } }), description);
  }
  assert(isSoftware({ info: { description: "unknown", isFallbackAdapter: true } }));
  for (const description of ["NVIDIA H100 80GB HBM3", "Apple M2", "AMD Radeon RX 7900 XT"]) {
    assert(!isSoftware({ info: { description, isFallbackAdapter: false } }), description);
  }
  if (adapter !== null && isSoftware(adapter)) {
    const { name, dispose } = await initBackend({ backend: "auto", threads: 1 });
    dispose();
    assert.notEqual(name, "webgpu");
  }
});

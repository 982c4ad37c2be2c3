import * as tf from "@tensorflow/tfjs";
import assert from "node:assert/strict";
import { initBackend } from "../../../lib/backend.ts";
import { MedNca } from "../../../lib/nca/med_nca.ts";
import { isSoftware } from "../../../lib/rollout/webgpu/adapter.ts";
import { WebGpuEngine } from "../../../lib/rollout/webgpu/webgpu_engine.ts";
import { Random } from "../../../lib/support/random.ts";
import { Adam } from "../../../lib/training/adam.ts";
import { trainingStep } from "../../support/training_step.ts";
import { batchTest, classParityTests, parityTests } from "../parity_suite.ts";
import { assertEqualsOps } from "../support/equals_ops.ts";
import { EXAMPLES, runExample } from "../support/examples.ts";
import { adapter, withAdapter } from "../support/webgpu.ts";

tf.enableProdMode();

const open = (shape: { channels: number; hidden: number }) => WebGpuEngine.create({ shape });
parityTests("webgpu", open, { ignore: adapter === null });
batchTest("webgpu", open, { ignore: adapter === null });
classParityTests("webgpu", open, { ignore: adapter === null });

for (const [name, example] of Object.entries(EXAMPLES)) {
  Deno.test(withAdapter(`webgpu equals ops on ${name}`, async () => {
    const engine = await WebGpuEngine.create({
      shape: { channels: example.shape[3], hidden: example.hidden },
    });
    const actual = await runExample(engine, example);
    engine.dispose();
    await assertEqualsOps(example, actual);
  }));
}

Deno.test(withAdapter("webgpu gives the same bits again, and no tensor leaks", async () => {
  const engine = await WebGpuEngine.create();
  const example = EXAMPLES["a grid of no whole tile"]!;
  const first = await runExample(engine, example);
  const before = tf.memory().numTensors;
  assert.deepEqual(await runExample(engine, example), first);
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
    const shape = { size, height, width, channels: 1, classes: 1 };
    const batch = { images, labels, keep: null, ...shape, records: [] };
    const figures = trainingStep(model, adam, batch, [step, 99]);
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

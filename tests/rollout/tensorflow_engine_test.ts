import * as tf from "@tensorflow/tfjs";
import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { BACKEND_VARIABLE, initBackend } from "../../lib/backend.ts";
import { MedNca } from "../../lib/nca/med_nca.ts";
import { OpsEngine } from "../../lib/rollout/ops/ops_engine.ts";
import { extractSlices } from "../../lib/slices/extract_slices.ts";
import { SliceDataset } from "../../lib/slices/slice_dataset.ts";
import { InputError } from "../../lib/support/errors.ts";
import {
  findTensorflow,
  loadTensorflow,
  TENSORFLOW_VARIABLE,
} from "../../lib/tensorflow_backend.ts";
import { Adam } from "../../lib/training/adam.ts";
import { trainingStep } from "../support/training_step.ts";
import { classParityTests, parityTests } from "./parity_suite.ts";

const ignore = findTensorflow() === undefined;
const DATA = fileURLToPath(new URL("../../data.example", import.meta.url));

if (ignore) {
  Deno.test.ignore("tensorflow: equals PyTorch (needs deno task setup:gpu)", () => {});
} else {
  const open = async () => {
    await loadTensorflow();
    assert.equal(tf.getBackend(), "tensorflow");
    return new OpsEngine();
  };
  parityTests("tensorflow", open, { floor: 2 ** -23 });
  classParityTests("tensorflow", open);
}

/** The losses of three training steps on data.example. */
async function losses(backend: string, prepared: string): Promise<number[]> {
  const { describe, dispose, name } = await initBackend({ backend });
  assert.equal(name, backend);
  assert.match(describe(), new RegExp(`^${backend}: `));
  const model = new MedNca({}, { seed: 1 });
  const adam = new Adam(model.variables, { betas: [0.9, 0.999], eps: 1e-8 });
  try {
    const data = await SliceDataset.open(prepared, { cases: ["prostate_00"] });
    const losses: number[] = [];
    for await (const batch of data.batches({ batchSize: 1 })) {
      const before = tf.memory().numTensors;
      const figures = trainingStep(model, adam, batch, [7]);
      losses.push(figures.dataSync()[0]!);
      figures.dispose();
      assert.equal(tf.memory().numTensors, before, "tensors leak");
      if (losses.length === 3) break;
    }
    return losses;
  } finally {
    adam.dispose();
    model.dispose();
    dispose();
  }
}

Deno.test({
  name: "tensorflow: trains on data.example as wasm does (needs deno task setup:gpu)",
  ignore,
  fn: async () => {
    const prepared = await Deno.makeTempDir();
    try {
      await extractSlices({ data: DATA, out: prepared, size: [64, 64], fit: "resize" });
      const [native, fused] = [
        await losses("tensorflow", prepared),
        await losses("wasm", prepared),
      ];
      for (const [i, loss] of native.entries()) {
        assert(Math.abs(loss - fused[i]!) < 1e-4, `step ${i + 1}: ${native} is not ${fused}`);
      }
    } finally {
      await Deno.remove(prepared, { recursive: true });
    }
  },
});

Deno.test({
  name: "tensorflow: auto takes it only with a GPU (needs deno task setup:gpu)",
  ignore,
  fn: async () => {
    const { name, dispose } = await initBackend({ backend: "auto" });
    dispose();
    assert(name !== "tensorflow" || (await loadTensorflow()).gpu);
  },
});

Deno.test("tensorflow without its native library is one clear error; auto does without", async () => {
  const folder = await Deno.makeTempDir();
  const before = [TENSORFLOW_VARIABLE, BACKEND_VARIABLE].map((name) => [name, Deno.env.get(name)]);
  Deno.env.set(TENSORFLOW_VARIABLE, folder);
  Deno.env.delete(BACKEND_VARIABLE);
  try {
    await assert.rejects(initBackend({ backend: "tensorflow" }), (error) => {
      assert(error instanceof InputError);
      assert(
        error.message.startsWith("Cannot use TensorFlow: its native library is not installed"),
      );
      assert.equal(error.path, folder);
      assert.match(error.hint, /deno task setup:gpu.*libtensorflow 2\.9.*CUDA 11\.2.*cuDNN 8\.1/);
      return true;
    });
    const { name, dispose } = await initBackend();
    dispose();
    assert.notEqual(name, "tensorflow");
  } finally {
    for (const [name, value] of before) {
      if (value === undefined) Deno.env.delete(name!);
      else Deno.env.set(name!, value);
    }
    await Deno.remove(folder);
  }
});

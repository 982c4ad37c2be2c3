import * as tf from "@tensorflow/tfjs";
import assert from "node:assert/strict";
import { join } from "@std/path";
import { initBackend } from "../../../lib/backend.ts";
import { NCA2D } from "../../../lib/nca/nca2d.ts";
import { openDevice } from "../../../lib/rollout/webgpu/adapter.ts";
import { WebGpuEngine } from "../../../lib/rollout/webgpu/webgpu_engine.ts";
import { InputError } from "../../../lib/support/errors.ts";
import { silentProgress } from "../../../lib/training/progress.ts";
import { trainMedNca } from "../../../lib/training/train_med_nca.ts";
import { TINY, withTinyData } from "../../training/support/tiny_data.ts";
import { adapter, withAdapter } from "../support/webgpu.ts";

tf.enableProdMode();

const options = { steps: 2, fireRate: 0.5, seeds: [7, 8], stats: "slice" } as const;
const MODEL = { channels: 16, hidden: 64 };

/** Whether an error is one for users that says what happened and what to lower. */
const says = (...patterns: RegExp[]) => (error: unknown) => {
  assert(error instanceof InputError, String(error));
  for (const pattern of patterns) assert.match(error.message, pattern);
  assert.match(error.hint, /Lower batchSize .*--backend wasm.*--resume/);
  return true;
};

/** Runs a test with an engine, its device and a small state. */
async function withEngine(
  use: (parts: {
    engine: WebGpuEngine;
    device: GPUDevice;
    run: (shape?: [number, number, number, number]) => tf.Tensor4D;
  }) => Promise<void>,
): Promise<void> {
  const engine = await WebGpuEngine.create();
  const { device } = tf.backend() as unknown as { device: GPUDevice };
  const { weights } = new NCA2D({ ...MODEL, kernel: 3 });
  const run = (shape: [number, number, number, number] = [2, 8, 8, 16]) => {
    // The tensor is never uploaded where it is too large, so that it takes no memory.
    const state = Object.assign(tf.zeros([1]), { shape }) as tf.Tensor;
    const seeds = Array.from({ length: shape[0] }, (_, i) => i);
    return engine.rollout(state as tf.Tensor4D, weights, { ...options, seeds });
  };
  try {
    await use({ engine, device, run });
  } finally {
    engine.dispose();
    tf.disposeVariables();
  }
}

Deno.test("webgpu names every limit that an adapter lacks", async () => {
  const limits = {
    maxComputeWorkgroupStorageSize: 4096,
    maxComputeInvocationsPerWorkgroup: 128,
    maxComputeWorkgroupSizeX: 256,
    maxStorageBuffersPerShaderStage: 4,
  };
  const small = { info: { description: "Small GPU" }, limits } as unknown as GPUAdapter;
  await assert.rejects(openDevice(small, MODEL), (error) => {
    assert(error instanceof InputError);
    assert.match(error.message, /Small GPU: maxComputeWorkgroupStorageSize is 4096, \d+ is needed/);
    assert.match(error.message, /maxComputeInvocationsPerWorkgroup is 128, 256 is needed/);
    assert.match(error.message, /maxStorageBuffersPerShaderStage is 4, 8 is needed/);
    assert.doesNotMatch(error.message, /SizeX/);
    assert.match(error.hint, /--backend wasm/);
    return true;
  });
});

Deno.test(withAdapter("webgpu asks for all that the adapter allows", async () => {
  const device = await openDevice(adapter!, MODEL);
  for (const limit of ["maxBufferSize", "maxStorageBufferBindingSize"] as const) {
    assert.equal(device.limits[limit], adapter!.limits[limit], limit);
  }
  device.destroy();
}));

Deno.test(withAdapter("webgpu says which size is too large, and for which limit", async () => {
  await withEngine(({ device, run }) => {
    assert.throws(
      () => run([4096, 512, 512, 16]),
      says(/2 steps of 4096 × 512 × 512 cells, which take \d+ MiB/, /its max\w+ is \d+ MiB/),
    );
    const limits = { maxBufferSize: 2 ** 40, maxStorageBufferBindingSize: 2 ** 40 };
    const maxComputeWorkgroupsPerDimension = 4095;
    Object.defineProperty(device, "limits", {
      value: { ...limits, maxComputeWorkgroupsPerDimension },
    });
    assert.throws(
      () => run([1, 512, 512, 16]),
      says(/needs 4096 work-groups, its maxComputeWorkgroupsPerDimension is 4095/),
    );
    return Promise.resolve();
  });
}));

Deno.test(withAdapter("webgpu says what it ran where the GPU's memory is full", async () => {
  await withEngine(async ({ device, run }) => {
    // What a driver without memory reports.
    const pop = device.popErrorScope.bind(device);
    device.popErrorScope = () => pop().then(() => new GPUOutOfMemoryError("no memory left"));
    const failed = says(/2 steps of 2 × 8 × 8 cells, which take \d+ MiB: .*memory is full/);
    await assert.rejects(run().data(), failed);
    assert.throws(() => run(), failed);
  });
}));

Deno.test(
  withAdapter("webgpu takes nothing that a failed device computed for a result", async () => {
    await withEngine(async ({ device, run }) => {
      await run().data();
      device.createBuffer({
        size: 2 * device.limits.maxBufferSize,
        usage: GPUBufferUsage.COPY_DST,
      });
      const failed = says(/^Cannot continue on webgpu: .*after 2 steps of 2 × 8 × 8 cells/);
      await assert.rejects(run().data(), failed);
      assert.throws(() => run(), failed);
    });
  }),
);

Deno.test(
  withAdapter("webgpu that loses its device ends a run, which wasm goes on with", async () => {
    await withTinyData(async ({ train, validation, folder }) => {
      const config = { ...TINY, ...MODEL };
      const out = join(folder, "run");
      const lost = await initBackend({ backend: "webgpu", ...MODEL });
      const { device } = tf.backend() as unknown as { device: GPUDevice };
      let steps = 0;
      const progress = {
        ...silentProgress,
        step: () => ++steps === 7 ? device.destroy() : undefined, // within the second epoch
      };
      await assert.rejects(
        trainMedNca({ train, validation, config, out, progress }),
        says(/the GPU (was lost|takes no data any more) .*, after 2 steps of \d × 16 × 16 cells/),
      );
      lost.dispose();

      const other = await initBackend({ backend: "wasm", threads: 1, ...MODEL });
      const resumed = await trainMedNca({ train, validation, config, out, resume: true });
      const whole = await trainMedNca({ train, validation, config });
      assert.deepEqual(resumed.history.map(({ epoch }) => epoch), [1, 2, 3]);
      for (const [i, { loss }] of resumed.history.entries()) {
        const expected = whole.history[i]!.loss;
        assert(Math.abs(loss - expected) < 1e-3 * expected, `epoch ${i + 1}: ${loss}, ${expected}`);
      }
      resumed.model.dispose();
      whole.model.dispose();
      other.dispose();
    });
  }),
);

Deno.test("webgpu on a model that it has no shaders for is one clear error", async () => {
  await assert.rejects(initBackend({ backend: "webgpu", channels: 10 }), (error) => {
    assert(error instanceof InputError);
    const expected = adapter === null ? /shows no GPU/ : /multiples of 4, got 10 and 64/;
    assert.match(error.message, expected);
    assert.match(error.hint, /--backend/);
    return true;
  });
});

import * as tf from "@tensorflow/tfjs";
import assert from "node:assert/strict";
import { NCA2D } from "../../../lib/nca/nca2d.ts";
import { WebGpuEngine } from "../../../lib/rollout/webgpu/webgpu_engine.ts";
import { withAdapter } from "../support/webgpu.ts";

tf.enableProdMode();

const COUNTED = {
  dispatches: [GPUComputePassEncoder, "dispatchWorkgroups"],
  submits: [GPUQueue, "submit"],
  readbacks: [GPUBuffer, "mapAsync"],
  buffers: [GPUDevice, "createBuffer"],
} as const;

/** How often the device is asked for each while something runs. */
function count(run: () => void): Record<keyof typeof COUNTED, number> {
  const counts = { dispatches: 0, submits: 0, readbacks: 0, buffers: 0 };
  const restore = Object.entries(COUNTED).map(([name, [type, method]]) => {
    const prototype = type.prototype as unknown as Record<string, (...args: unknown[]) => unknown>;
    const original = prototype[method]!;
    prototype[method] = function (...args) {
      counts[name as keyof typeof COUNTED]++;
      return original.apply(this, args);
    };
    return () => prototype[method] = original;
  });
  try {
    run();
  } finally {
    for (const undo of restore) undo();
  }
  return counts;
}

Deno.test(
  withAdapter("webgpu: a step is four dispatches and five back, all in two submits", async () => {
    const engine = await WebGpuEngine.create();
    const nca = new NCA2D({ channels: 16, hidden: 64, kernel: 3 });
    const state: tf.Tensor4D = tf.randomNormal([2, 12, 12, 16], 0, 1, "float32", 1);
    const forward = (steps: number) => () => {
      const options = { steps, fireRate: 0.5, seeds: [1, 2], stats: "slice" } as const;
      return engine.rollout(state, nca.weights, options);
    };
    const loss = (steps: number) => () => forward(steps)().sum<tf.Scalar>();
    const infer = (steps: number) => () => tf.dispose(forward(steps)());
    const train = (steps: number) => () => {
      const { value, grads } = tf.variableGrads(loss(steps), [...nca.variables.values()]);
      tf.dispose([value, grads]);
    };
    for (const [run, perStep] of [[infer, 4], [train, 4 + 5]] as const) {
      run(3)();
      run(9)(); // buffers and shaders are made once
      run(3)();
      const few = count(run(3));
      run(9)();
      const many = count(run(9));
      assert.equal(many.dispatches - few.dispatches, 6 * perStep);
      assert.equal(many.submits, few.submits, "as many command buffers however many steps");
      assert.equal(many.readbacks, 0);
      assert.equal(many.buffers, few.buffers, "a step makes no buffers");
    }
    nca.dispose();
    state.dispose();
    engine.dispose();
  }),
);

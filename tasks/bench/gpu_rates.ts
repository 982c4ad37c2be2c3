/**
 * What a GPU can do, measured by three tiny shaders: the rates that give a step its floor.
 *
 * @module
 */

import { adapterName, findAdapter, openDevice } from "../../lib/rollout/webgpu/adapter.ts";
import { quietenMesa } from "../../lib/backend.ts";
import { InputError } from "../../lib/support/errors.ts";

/** The rates of a GPU. */
export interface GpuRates {
  /** The adapter's name. */
  name: string;
  /** Float32 operations a second, two a multiply-add. */
  flops: number;
  /** Bytes a second of a copy, those read and those written. */
  bytes: number;
  /** Seconds of a dispatch that waits for the one before. */
  dispatch: number;
}

/** Seconds that a measurement takes at the least. */
const LEAST = 0.5;

/** Rounds of which the best counts. */
const ROUNDS = 3;

/** Eight vec4 of sums: enough that no multiply-add waits for the one before. */
const MULTIPLY_ADDS = /* wgsl */ `
@group(0) @binding(0) var<storage, read_write> out: array<vec4f>;
const ITERATIONS = 256u;
@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let x = vec4f(f32(id.x % 7u) * 0.1 + 0.1);
  ${each((i) => `var sum${i} = vec4f(${i}.0) + x;`)}
  for (var i = 0u; i < ITERATIONS; i++) {
    ${each((i) => `sum${i} = sum${i} * x + x;`)}
  }
  out[id.x] = ${[0, 1, 2, 3, 4, 5, 6, 7].map((i) => `sum${i}`).join(" + ")};
}
`;
const MULTIPLY_ADDS_GROUPS = 8192;
const OPERATIONS = 2 * 8 * 4 * 256 * 64 * MULTIPLY_ADDS_GROUPS;

/** Copies what no cache holds. */
const COPY = /* wgsl */ `
@group(0) @binding(0) var<storage, read> input: array<vec4f>;
@group(0) @binding(1) var<storage, read_write> output: array<vec4f>;
@compute @workgroup_size(256)
fn main(@builtin(global_invocation_id) id: vec3u) { output[id.x] = input[id.x]; }
`;
const COPY_BYTES = 2 ** 27;

/** Needs what the dispatch before wrote. */
const COUNT = /* wgsl */ `
@group(0) @binding(0) var<storage, read_write> count: array<u32>;
@compute @workgroup_size(1)
fn main() { count[0]++; }
`;

/** Measures the GPU that the engine takes. A second or two on a GPU. */
export async function measureGpu(): Promise<GpuRates> {
  quietenMesa();
  const adapter = await findAdapter();
  if (adapter === null) {
    throw new InputError("Cannot measure a GPU: this machine shows none", {
      code: "bad-backend",
      hint: "Install its Vulkan driver (on Linux)",
    });
  }
  const device = await openDevice(adapter, { channels: 16, hidden: 64 });
  const buffer = (size: number) => device.createBuffer({ size, usage: GPUBufferUsage.STORAGE });
  try {
    const sums = await secondsOf(device, MULTIPLY_ADDS, {
      buffers: [buffer(16 * 64 * MULTIPLY_ADDS_GROUPS)],
      groups: MULTIPLY_ADDS_GROUPS,
    });
    const copy = await secondsOf(device, COPY, {
      buffers: [buffer(COPY_BYTES), buffer(COPY_BYTES)],
      groups: COPY_BYTES / 16 / 256,
    });
    const dispatch = await secondsOf(device, COUNT, { buffers: [buffer(16)], groups: 1 });
    return {
      name: adapterName(adapter),
      flops: OPERATIONS / sums,
      bytes: 2 * COPY_BYTES / copy,
      dispatch,
    };
  } finally {
    device.destroy();
  }
}

/** The seconds of one dispatch among as many as take long enough to be measured. */
async function secondsOf(
  device: GPUDevice,
  code: string,
  { buffers, groups }: { buffers: GPUBuffer[]; groups: number },
): Promise<number> {
  device.pushErrorScope("validation");
  const compute = { module: device.createShaderModule({ code }), entryPoint: "main" };
  const pipeline = device.createComputePipeline({ layout: "auto", compute });
  const bindings = device.createBindGroup({
    layout: pipeline.getBindGroupLayout(0),
    entries: buffers.map((buffer, binding) => ({ binding, resource: { buffer } })),
  });
  // A shader that does not compile would be measured as infinitely fast.
  const error = await device.popErrorScope();
  if (error) throw new Error(`Cannot measure a GPU: ${error.message}`);
  const run = async (times: number) => {
    const encoder = device.createCommandEncoder();
    const pass = encoder.beginComputePass();
    pass.setPipeline(pipeline);
    pass.setBindGroup(0, bindings);
    for (let i = 0; i < times; i++) pass.dispatchWorkgroups(groups);
    pass.end();
    const commands = encoder.finish();
    const start = performance.now();
    device.queue.submit([commands]);
    await device.queue.onSubmittedWorkDone();
    return (performance.now() - start) / 1000;
  };
  await run(1); // compiles
  let times = 1;
  let seconds = await run(times);
  while (seconds < LEAST) seconds = await run(times *= 2);
  // On a GPU that is a program on the CPU, one dispatch takes seconds.
  for (let i = 1; i < ROUNDS && seconds < 2 * LEAST; i++) {
    seconds = Math.min(seconds, await run(times));
  }
  return seconds / times;
}

function each(code: (i: number) => string): string {
  return Array.from({ length: 8 }, (_, i) => code(i)).join("\n  ");
}

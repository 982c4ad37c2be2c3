/** One phase of a rollout, ready to run. */
export interface Dispatch {
  pipeline: GPUComputePipeline;
  bindings: GPUBindGroup;
  x: number;
  y: number;
}

/** Copies the whole of the smaller buffer. */
export function copy(encoder: GPUCommandEncoder, from: GPUBuffer, to: GPUBuffer): void {
  encoder.copyBufferToBuffer(from, 0, to, 0, Math.min(from.size, to.size));
}

/** Runs dispatches one after the other. */
export function run(encoder: GPUCommandEncoder, plan: readonly Dispatch[]): void {
  const pass = encoder.beginComputePass();
  for (const { pipeline, bindings, x, y } of plan) {
    pass.setPipeline(pipeline);
    pass.setBindGroup(0, bindings);
    pass.dispatchWorkgroups(x, y);
  }
  pass.end();
}

/** The counts of {@linkcode trackGpu}. */
export interface GpuTracker {
  /** Starts counting dispatches from 0. */
  reset(): void;
  /** Notes how long handing a step over took. */
  handedOver(seconds: number): void;
  /** The counts, as a side of the benchmark answers them. */
  answer(): Record<"gpu_megabytes" | "dispatches" | "host_seconds", number>;
}

/** Counts from here on: bytes of all buffers that are not destroyed, and dispatches. */
export function trackGpu(): GpuTracker {
  let bytes = 0, most = 0, dispatches = 0, hostSeconds = 0;
  const destroyed = new WeakSet<GPUBuffer>();
  const { createBuffer } = GPUDevice.prototype;
  GPUDevice.prototype.createBuffer = function (descriptor) {
    bytes += Number(descriptor.size);
    most = Math.max(most, bytes);
    return createBuffer.call(this, descriptor);
  };
  const { destroy } = GPUBuffer.prototype;
  GPUBuffer.prototype.destroy = function () {
    if (!destroyed.has(this)) bytes -= Number(this.size);
    destroyed.add(this);
    return destroy.call(this);
  };
  const { dispatchWorkgroups } = GPUComputePassEncoder.prototype;
  GPUComputePassEncoder.prototype.dispatchWorkgroups = function (...size) {
    dispatches++;
    return dispatchWorkgroups.apply(this, size);
  };
  return {
    reset: () => dispatches = 0,
    handedOver: (seconds) => hostSeconds = seconds,
    answer: () => ({ gpu_megabytes: most / 2 ** 20, dispatches, host_seconds: hostSeconds }),
  };
}

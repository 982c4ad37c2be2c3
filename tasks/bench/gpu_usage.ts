/**
 * Counts from here on what this process takes of a GPU through WebGPU, where it asks for it: bytes
 * of all buffers that are not destroyed, dispatches since `reset`, and what `handedOver` notes, the
 * seconds in which the CPU handed a step over.
 */
export function trackGpu() {
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
    handedOver: (seconds: number) => hostSeconds = seconds,
    answer: () => ({ gpu_megabytes: most / 2 ** 20, dispatches, host_seconds: hostSeconds }),
  };
}

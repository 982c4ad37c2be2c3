/**
 * tfjs on WebGPU, and the way from its tensors to buffers and back.
 *
 * @module
 */

import * as tf from "@tensorflow/tfjs";
import { WebGPUBackend } from "@tensorflow/tfjs-backend-webgpu";

/** The name under which tfjs knows the backend. */
const NAME = "webgpu";

/** tfjs's own backend, on a device of ours. */
export class TfjsDevice {
  readonly device: GPUDevice;
  readonly #backend: WebGPUBackend;

  private constructor(backend: WebGPUBackend) {
    this.#backend = backend;
    this.device = backend.device;
  }

  /** Makes tfjs run on a device; a backend that it had before under this name is disposed. */
  static async set(device: GPUDevice, info: GPUAdapterInfo): Promise<TfjsDevice> {
    const backend = new WebGPUBackend(device, info);
    // The package registers a backend of its own, with the default limits.
    tf.removeBackend(NAME);
    tf.registerBackend(NAME, () => backend);
    await tf.setBackend(NAME);
    return new TfjsDevice(backend);
  }

  /**
   * The buffer of a tensor. Its contents are there for commands that are submitted after
   * {@linkcode TfjsDevice.flush}, and until the tensor is disposed.
   */
  buffer(tensor: tf.TensorInfo): GPUBuffer {
    this.#backend.uploadToGPU(tensor.dataId);
    return this.#backend.tensorMap.get(tensor.dataId).resource as GPUBuffer;
  }

  /** Submits what tfjs has encoded but kept back. */
  flush(): void {
    this.#backend.ensureCommandEncoderReady();
    this.#backend.endComputePassEncoder();
    this.#backend.submitQueue();
  }

  /** Tensors that hold copies of buffers, as long as their shapes say. */
  tensors(parts: readonly { buffer: GPUBuffer; shape: number[] }[]): tf.Tensor[] {
    const encoder = this.device.createCommandEncoder();
    const infos = parts.map(({ buffer, shape }) => {
      const info = this.#backend.makeTensorInfo(shape, "float32");
      const copy = this.buffer(info);
      encoder.copyBufferToBuffer(buffer, 0, copy, 0, copy.size);
      return info;
    });
    this.device.queue.submit([encoder.finish()]);
    return infos.map((info) => tf.engine().makeTensorFromTensorInfo(info, this.#backend));
  }
}

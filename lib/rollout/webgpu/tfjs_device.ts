/**
 * tfjs on WebGPU, and the way from its tensors to buffers and back.
 *
 * @module
 */

import * as tf from "@tensorflow/tfjs";
import { WebGPUBackend } from "@tensorflow/tfjs-backend-webgpu";
import { InputError } from "../../support/errors.ts";

/** The name under which tfjs knows the backend. */
const NAME = "webgpu";

/** tfjs's own backend, whose reads fail where the device has failed. */
class Backend extends WebGPUBackend {
  failure: InputError | undefined;

  override async read(dataId: object): ReturnType<WebGPUBackend["read"]> {
    try {
      return await super.read(dataId);
    } finally {
      this.check();
    }
  }

  /** Throws what the device has reported. */
  check(): void {
    if (this.failure) throw this.failure;
  }
}

/** tfjs's own backend, on a device of ours. */
export class TfjsDevice {
  readonly device: GPUDevice;
  readonly #backend: Backend;

  private constructor(backend: Backend) {
    this.#backend = backend;
    this.device = backend.device;
  }

  /**
   * Makes tfjs run on a device; a backend that it had before under this name is disposed.
   *
   * WebGPU reports errors later, or never to the call that caused them. Here each becomes an error
   * of the next {@linkcode TfjsDevice.check} or of the next tensor that is read, so that what a
   * broken device computed is never taken for a result.
   */
  static async set(device: GPUDevice, info: GPUAdapterInfo): Promise<TfjsDevice> {
    const backend = new Backend(device, info);
    device.addEventListener("uncapturederror", (event) => {
      const { message } = (event as GPUUncapturedErrorEvent).error;
      backend.failure ??= new InputError(`Cannot go on on webgpu: ${message}`, {
        code: "bad-backend",
        hint: "Lower batchSize, or take --backend wasm; the run's checkpoint is safe",
      });
    });
    device.lost.then(({ message }) => {
      backend.failure ??= new InputError(`Cannot go on on webgpu: the GPU was lost: ${message}`, {
        code: "bad-backend",
        hint: "Resume the run from its checkpoint, with a smaller batchSize or --backend wasm",
      });
    }, () => {});
    // The package registers a backend of its own, with the default limits.
    tf.removeBackend(NAME);
    tf.registerBackend(NAME, () => backend);
    await tf.setBackend(NAME);
    return new TfjsDevice(backend);
  }

  /** Throws what the device has reported, if anything. */
  check(): void {
    this.#backend.check();
  }

  /** Runs code that makes buffers; where there is no memory for them, that is the failure. */
  allocate<T>(make: () => T, outOfMemory: () => InputError): T {
    this.device.pushErrorScope("out-of-memory");
    const made = make();
    this.device.popErrorScope().then((error) => {
      // It comes before the errors of all that would have used the buffers.
      if (error) this.#backend.failure = outOfMemory();
    }, () => {});
    return made;
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

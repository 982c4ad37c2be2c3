/**
 * tfjs on WebGPU, and access to the buffers of its tensors.
 *
 * @module
 */

import * as tf from "@tensorflow/tfjs";
import { WebGPUBackend } from "@tensorflow/tfjs-backend-webgpu";
import { InputError } from "../../support/errors.ts";

/** The name under which tfjs knows the backend. */
const NAME = "webgpu";

/** tfjs's own backend, whose reads fail if the device has failed. */
class Backend extends WebGPUBackend {
  failure: InputError | undefined;
  /** The last operation, for errors: most are about something too large. */
  doing = "";

  override async read(dataId: object): ReturnType<WebGPUBackend["read"]> {
    try {
      return await super.read(dataId);
    } catch (error) {
      // When a device is lost, reads fail before the reason is reported.
      await new Promise((resolve) => setTimeout(resolve));
      this.fail(error instanceof Error ? error.message : String(error));
      throw this.failure;
    } finally {
      this.check();
    }
  }

  override uploadToGPU(dataId: object): void {
    this.check();
    try {
      super.uploadToGPU(dataId);
    } catch (error) {
      // A lost device provides no memory even before it reports the loss.
      const message = error instanceof Error ? error.message : String(error);
      this.fail(`the GPU accepts no more data (${message})`);
      this.check();
    }
  }

  /** Keeps the first failure: others are its consequences. */
  fail(reason: string): void {
    const doing = this.doing === "" ? "" : `, after ${this.doing}`;
    this.failure ??= new InputError(`Cannot continue on webgpu: ${reason}${doing}`, {
      code: "bad-backend",
      hint: "Lower batchSize or the size of the slices, or use --backend wasm; " +
        "--resume continues a run from its last checkpoint",
    });
  }

  /** Throws the device's error. */
  check(): void {
    if (this.failure) throw this.failure;
  }
}

/** tfjs's own backend, on our device. */
export class TfjsDevice {
  readonly device: GPUDevice;
  readonly #backend: Backend;

  private constructor(backend: Backend) {
    this.#backend = backend;
    this.device = backend.device;
  }

  /**
   * Makes tfjs run on a device; its previous backend of this name is disposed.
   *
   * WebGPU reports errors later, or never to the call that caused them. Here each becomes an error
   * of the next {@linkcode TfjsDevice.check} or of the next tensor that is read, so that values
   * from a broken device are never used.
   */
  static async set(device: GPUDevice, info: GPUAdapterInfo): Promise<TfjsDevice> {
    const backend = new Backend(device, info);
    device.addEventListener("uncapturederror", (event) => {
      const { error } = event as GPUUncapturedErrorEvent;
      const full = error instanceof GPUOutOfMemoryError;
      backend.fail(full ? `the GPU's memory is full (${error.message})` : error.message);
    });
    device.lost.then(({ message }) => backend.fail(`the GPU was lost (${message})`), () => {});
    // The package registers its own backend, with the default limits.
    tf.removeBackend(NAME);
    tf.registerBackend(NAME, () => backend);
    await tf.setBackend(NAME);
    return new TfjsDevice(backend);
  }

  /** Throws the device's error, if any. */
  check(): void {
    this.#backend.check();
  }

  /** Sets the current operation, for the error if it fails. */
  starts(doing: string): void {
    this.#backend.doing = doing;
  }

  /** Runs code that creates buffers; if memory is full, this becomes the failure. */
  allocate<T>(make: () => T, outOfMemory: () => InputError): T {
    this.device.pushErrorScope("out-of-memory");
    const made = make();
    this.device.popErrorScope().then((error) => {
      // It precedes the errors of everything that would have used the buffers.
      if (error) this.#backend.failure = outOfMemory();
    }, () => {});
    return made;
  }

  /**
   * The buffer of a tensor. Its contents are available to commands submitted after {@linkcode
   * TfjsDevice.flush}, and until the tensor is disposed.
   */
  buffer(tensor: tf.TensorInfo): GPUBuffer {
    this.#backend.uploadToGPU(tensor.dataId);
    return this.#backend.tensorMap.get(tensor.dataId).resource as GPUBuffer;
  }

  /** Submits the commands that tfjs has encoded but not submitted. */
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

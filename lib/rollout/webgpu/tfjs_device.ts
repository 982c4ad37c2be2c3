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
  /** The last operation, for errors: most are about something too large. */
  doing = "";

  override async read(dataId: object): ReturnType<WebGPUBackend["read"]> {
    try {
      return await super.read(dataId);
    } catch (error) {
      // Where a device is lost, reads fail before the device says why.
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
      // A lost device gives no memory to write to, before it says that it is lost.
      const message = error instanceof Error ? error.message : String(error);
      this.fail(`the GPU takes no data any more (${message})`);
      this.check();
    }
  }

  /** Keeps the first failure: the others follow from it. */
  fail(reason: string): void {
    const doing = this.doing === "" ? "" : `, after ${this.doing}`;
    this.failure ??= new InputError(`Cannot continue on webgpu: ${reason}${doing}`, {
      code: "bad-backend",
      hint: "Lower batchSize or the size of the slices, or take --backend wasm; " +
        "a run goes on from its last checkpoint with --resume",
    });
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
      const { error } = event as GPUUncapturedErrorEvent;
      const full = error instanceof GPUOutOfMemoryError;
      backend.fail(full ? `the GPU's memory is full (${error.message})` : error.message);
    });
    device.lost.then(({ message }) => backend.fail(`the GPU was lost (${message})`), () => {});
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

  /** Says what runs now, for the error if it fails. */
  starts(doing: string): void {
    this.#backend.doing = doing;
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

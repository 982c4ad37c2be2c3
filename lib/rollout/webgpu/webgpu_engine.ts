import * as tf from "@tensorflow/tfjs";
import { InputError } from "../../support/errors.ts";
import {
  type ModelShape,
  type NcaWeights,
  type RolloutEngine,
  type RolloutOptions,
  WEIGHT_NAMES,
} from "../types.ts";
import { adapterName, findAdapter, openDevice } from "./adapter.ts";
import type { KernelShape } from "./layout.ts";
import {
  largestBuffer,
  partition,
  type RolloutShape,
  stateBytes,
  widestDispatch,
} from "./partition.ts";
import { compilePipelines, type Pipelines } from "./pipelines.ts";
import { TfjsDevice } from "./tfjs_device.ts";
import { gradientShapes, packWeights, unpackGradients } from "./pack_weights.ts";
import { Workspace } from "./workspace.ts";

/** Workspaces kept for the next rollout: two stages, in training and in evaluation. */
const MOST_IDLE = 4;

/**
 * The engine of shaders on a GPU, for tfjs's `webgpu` backend.
 *
 * It computes exactly what `OpsEngine` defines, like `WasmEngine`: batch norm's statistics come
 * from the covariance of its inputs, only firing cells go through the network, and only states are
 * kept for the gradient. A rollout is one command buffer and its gradient another; nothing is read
 * back. Sums have a fixed order, so that runs are repeatable.
 */
export class WebGpuEngine implements RolloutEngine {
  readonly name = "webgpu";
  readonly operations = "tfjs";
  readonly unreadSteps = 8; // Deno polls a GPU only every 10 ms
  readonly description: string;
  readonly #tfjs: TfjsDevice;
  readonly #pipelines = new Map<string, Pipelines>();
  readonly #idle: Workspace[] = [];
  // Reclaims the workspace of a rollout whose gradient was never requested.
  readonly #forgotten = new FinalizationRegistry<Workspace>((space) => this.#release(space));
  #disposed = false;

  private constructor(tfjs: TfjsDevice, description: string) {
    this.#tfjs = tfjs;
    this.description = description;
  }

  /**
   * Opens the adapter and makes tfjs run on it. Tensors on a previous `webgpu` backend are lost.
   *
   * @param options.shape Channels and hidden units of the model. Default: 16 and 64.
   * @throws {InputError} If there is no adapter, there are no shaders for the model, or the adapter
   * lacks a limit.
   */
  static async create(options: { shape?: ModelShape } = {}): Promise<WebGpuEngine> {
    const adapter = await findAdapter();
    if (adapter === null) {
      throw new InputError("Cannot run on webgpu: no GPU was found", {
        code: "bad-backend",
        hint: "Install its Vulkan driver (on Linux), or use --backend wasm",
      });
    }
    const device = await openDevice(adapter, options.shape ?? { channels: 16, hidden: 64 });
    const tfjs = await TfjsDevice.set(device, adapter.info);
    return new WebGpuEngine(tfjs, `shaders on ${adapterName(adapter)}`);
  }

  rollout(state: tf.Tensor4D, weights: NcaWeights, options: RolloutOptions): tf.Tensor4D {
    this.#tfjs.check();
    if (options.steps === 0) return state.clone();
    const [batch, height, width, channels] = state.shape;
    const shape: RolloutShape = {
      channels,
      hidden: weights.fc1Weight.shape[0]!,
      kernelSize: weights.perceptionWeight.shape[2]!,
      batch,
      height,
      width,
      steps: options.steps,
      perSlice: options.stats === "slice",
      masked: options.masks !== undefined,
      // States are kept only if a gradient can be requested.
      keep: tf.engine().state.gradientDepth > 0,
    };
    this.#tfjs.starts(describe(shape));
    const op = tf.customGrad((x) => {
      const space = this.#workspace(shape);
      const packed = packWeights(weights, shape);
      const buffers = [this.#tfjs.buffer(x as tf.Tensor), this.#tfjs.buffer(packed)] as const;
      this.#tfjs.flush();
      space.forward(...buffers, options);
      const [value] = this.#tfjs.tensors([{ buffer: space.result, shape: state.shape }]);
      const gradFunc = (dy: tf.Tensor) => {
        this.#forgotten.unregister(space);
        try {
          return this.#backward(space, dy, state.shape, weights.fc2Bias.size);
        } finally {
          this.#release(space);
        }
      };
      if (shape.keep) this.#forgotten.register(gradFunc, space, space);
      else this.#release(space);
      return { value: value!, gradFunc };
    });
    return op(state, ...WEIGHT_NAMES.map((name) => weights[name])) as tf.Tensor4D;
  }

  dispose(): void {
    this.#disposed = true;
    for (const space of this.#idle.splice(0)) space.dispose();
  }

  #backward(
    space: Workspace,
    dy: tf.Tensor,
    stateShape: number[],
    changing: number,
  ): tf.Tensor[] {
    this.#tfjs.check();
    const slope = this.#tfjs.buffer(dy);
    this.#tfjs.flush();
    space.backward(slope);
    const shapes = gradientShapes(space.shape);
    const [state, ...gradients] = this.#tfjs.tensors([
      { buffer: space.gradient!, shape: stateShape },
      ...space.gradients.map((buffer, i) => ({ buffer, shape: shapes[i]! })),
    ]);
    const [fc1, fc2, kernel] = gradients as [tf.Tensor, tf.Tensor, tf.Tensor];
    return [state!, ...unpackGradients([fc1, fc2, kernel], space.shape, changing)];
  }

  /** A workspace of this shape, one that is idle or a new one. */
  #workspace(shape: RolloutShape): Workspace {
    const key = JSON.stringify(shape);
    const found = this.#idle.findIndex((space) => JSON.stringify(space.shape) === key);
    if (found >= 0) return this.#idle.splice(found, 1)[0]!;
    const { device } = this.#tfjs;
    checkSize(device, shape);
    // The last batch of an epoch is smaller: reuse the memory of the one before.
    for (const space of this.#idle.filter((space) => sameUse(space.shape, shape))) {
      this.#idle.splice(this.#idle.indexOf(space), 1);
      space.dispose();
    }
    const pipelines = this.#pipelinesFor({ ...shape, tile: partition(shape).tile });
    return this.#tfjs.allocate(
      () => new Workspace(device, pipelines, shape),
      () => tooLarge(shape, "the GPU's memory is full"),
    );
  }

  #release(space: Workspace): void {
    if (this.#disposed) return space.dispose();
    this.#idle.push(space);
    if (this.#idle.length > MOST_IDLE) this.#idle.shift()!.dispose();
  }

  #pipelinesFor({ channels, hidden, kernelSize, tile }: KernelShape): Pipelines {
    const key = [channels, hidden, kernelSize, tile].join();
    let pipelines = this.#pipelines.get(key);
    if (pipelines === undefined) {
      pipelines = compilePipelines(this.#tfjs.device, { channels, hidden, kernelSize, tile });
      this.#pipelines.set(key, pipelines);
    }
    return pipelines;
  }
}

/** Whether two rollouts are of the same stage, both in training or both not. */
function sameUse(a: RolloutShape, b: RolloutShape): boolean {
  return (["channels", "hidden", "kernelSize", "steps", "keep"] as const)
    .every((key) => a[key] === b[key]);
}

/** Throws where a rollout is beyond a limit of the device. */
function checkSize({ limits }: GPUDevice, shape: RolloutShape): void {
  for (const limit of ["maxBufferSize", "maxStorageBufferBindingSize"] as const) {
    const needed = largestBuffer(shape);
    if (needed <= limits[limit]) continue;
    const allowed = megabytes(limits[limit]);
    throw tooLarge(shape, `one buffer needs ${megabytes(needed)}, its ${limit} is ${allowed}`);
  }
  const { maxComputeWorkgroupsPerDimension: allowed } = limits;
  const needed = widestDispatch(shape);
  if (needed <= allowed) return;
  throw tooLarge(
    shape,
    `a phase needs ${needed} work-groups, its maxComputeWorkgroupsPerDimension is ${allowed}`,
  );
}

function tooLarge(shape: RolloutShape, reason: string): InputError {
  return new InputError(`Cannot run on webgpu: ${describe(shape)}: ${reason}`, {
    code: "bad-backend",
    hint: "Lower batchSize or the size of the slices, or use --backend wasm; " +
      "--resume continues a run from its last checkpoint",
  });
}

/** Describes a rollout and its memory, for errors. */
function describe(shape: RolloutShape): string {
  const { batch, height, width, steps } = shape;
  return `${steps} steps of ${batch} × ${height} × ${width} cells, ` +
    `which take ${megabytes(stateBytes(shape))}`;
}

function megabytes(bytes: number): string {
  return `${Math.ceil(bytes / 2 ** 20)} MiB`;
}

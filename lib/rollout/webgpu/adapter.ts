import { InputError } from "../../support/errors.ts";
import type { ModelShape } from "../types.ts";
import { layoutOf } from "./layout.ts";

/** An adapter's description of itself. */
type Info = Partial<GPUAdapterInfo> & { readonly isFallbackAdapter?: boolean };

/** Names of software adapters, which emulate a GPU on the CPU. */
const SOFTWARE = /llvmpipe|lavapipe|softpipe|swiftshader|warp|basic render|\bcpu\b/i;

/** The GPU that the system prefers for heavy work, or null if there is none. */
export async function findAdapter(): Promise<GPUAdapter | null> {
  return await globalThis.navigator?.gpu?.requestAdapter({
    powerPreference: "high-performance",
  }) ?? null;
}

/** That GPU if it is hardware and sufficient for a model's shaders, else null. */
export async function findHardware(shape: ModelShape): Promise<GPUAdapter | null> {
  const adapter = canRun(shape) ? await findAdapter() : null;
  return adapter === null || isSoftware(adapter) || missingLimits(adapter, shape).length > 0
    ? null
    : adapter;
}

/** Whether there are shaders for a model: channels and hidden units must be multiples of 4. */
export function canRun({ channels, hidden }: ModelShape): boolean {
  return channels % 4 === 0 && hidden % 4 === 0;
}

/** Whether an adapter runs on the CPU: suitable for tests, far slower than `wasm`. */
export function isSoftware({ info }: { info: Info }): boolean {
  return info.isFallbackAdapter === true ||
    SOFTWARE.test(`${info.vendor} ${info.architecture} ${info.device} ${info.description}`);
}

/** The adapter's name, for display. */
export function adapterName({ info }: { info: Info }): string {
  return info.description || [info.vendor, info.architecture].filter(Boolean).join(" ") ||
    "an unnamed GPU";
}

/** The limits that a model's shaders need, whatever its kernel size. */
function neededLimits(shape: ModelShape) {
  const { c4, v4, hidden } = layoutOf({ ...shape, kernelSize: 1 });
  const list = 1024;
  return {
    // The blocks of `statistics`, the covariance of `fold`, the blocks of `backward_fired`.
    maxComputeWorkgroupStorageSize: Math.max(
      64 * v4 * 16,
      4 * v4 * v4 * 16 + 4 * hidden,
      16 * (v4 + c4) * 16 + 16 * hidden * 4 + list,
    ),
    maxComputeInvocationsPerWorkgroup: Math.max(256, v4 * v4, hidden),
    maxComputeWorkgroupSizeX: Math.max(256, v4 * v4, hidden),
    maxStorageBuffersPerShaderStage: 8,
  };
}

/** The limits that an adapter lacks, as text. */
function missingLimits(adapter: GPUAdapter, shape: ModelShape): string[] {
  return Object.entries(neededLimits(shape)).flatMap(([name, needed]) => {
    const allowed = adapter.limits[name as keyof ReturnType<typeof neededLimits>];
    return allowed < needed ? [`${name} is ${allowed}, ${needed} is needed`] : [];
  });
}

/**
 * Opens an adapter's device with all the memory that it allows.
 *
 * @throws {InputError} If there are no shaders for the model, or the adapter lacks limits; the
 * error lists them.
 */
export async function openDevice(adapter: GPUAdapter, shape: ModelShape): Promise<GPUDevice> {
  if (!canRun(shape)) {
    throw new InputError(
      "Cannot run on webgpu: channels and hidden must be multiples of 4, " +
        `got ${shape.channels} and ${shape.hidden}`,
      { code: "bad-backend", hint: "Change them, or use --backend ops" },
    );
  }
  const missing = missingLimits(adapter, shape);
  if (missing.length > 0) {
    const reasons = missing.join("; ");
    throw new InputError(`Cannot run on webgpu: ${adapterName(adapter)}: ${reasons}`, {
      code: "bad-backend",
      hint: "Use --backend wasm",
    });
  }
  const { limits } = adapter;
  return await adapter.requestDevice({
    requiredLimits: {
      maxBufferSize: limits.maxBufferSize,
      maxStorageBufferBindingSize: limits.maxStorageBufferBindingSize,
      maxComputeWorkgroupStorageSize: limits.maxComputeWorkgroupStorageSize,
      maxComputeInvocationsPerWorkgroup: limits.maxComputeInvocationsPerWorkgroup,
      maxComputeWorkgroupSizeX: limits.maxComputeWorkgroupSizeX,
      maxComputeWorkgroupsPerDimension: limits.maxComputeWorkgroupsPerDimension,
    },
  });
}

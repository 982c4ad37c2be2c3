/**
 * Which GPU there is.
 *
 * @module
 */

import { InputError } from "../../support/errors.ts";
import { type KernelShape, layoutOf } from "./layout.ts";

/** What an adapter says of itself. */
type Info = Partial<GPUAdapterInfo> & { readonly isFallbackAdapter?: boolean };

/** The names of programs that play a GPU on the CPU. */
const SOFTWARE = /llvmpipe|lavapipe|softpipe|swiftshader|warp|basic render|\bcpu\b/i;

/** The GPU that the system prefers for heavy work, or null where there is none. */
export async function findAdapter(): Promise<GPUAdapter | null> {
  return await globalThis.navigator?.gpu?.requestAdapter({
    powerPreference: "high-performance",
  }) ?? null;
}

/** Whether an adapter is a program on the CPU: right for tests, far slower than `wasm`. */
export function isSoftware({ info }: { info: Info }): boolean {
  return info.isFallbackAdapter === true ||
    SOFTWARE.test(`${info.vendor} ${info.architecture} ${info.device} ${info.description}`);
}

/** The adapter's name, for people. */
export function adapterName({ info }: { info: Info }): string {
  return info.description || [info.vendor, info.architecture].filter(Boolean).join(" ") ||
    "a GPU without a name";
}

/** The limits that decide how large a rollout may be: as much as the adapter has. */
const MOST = ["maxBufferSize", "maxStorageBufferBindingSize"] as const;

/** What the shaders of a model need, whatever its kernel size. */
export function neededLimits(shape: Omit<KernelShape, "kernelSize">) {
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
    maxComputeWorkgroupSizeX: Math.max(64, v4 * v4, hidden),
    maxStorageBuffersPerShaderStage: 8,
  };
}

/**
 * Opens an adapter's device with all the memory that it allows.
 *
 * @throws {InputError} Where the adapter lacks what the shaders need; it names the limit.
 */
export async function openDevice(
  adapter: GPUAdapter,
  shape: Omit<KernelShape, "kernelSize">,
): Promise<GPUDevice> {
  const limits = Object.entries(neededLimits(shape)) as [keyof GPUSupportedLimits, number][];
  const required: Record<string, number> = {};
  for (const [name, needed] of limits) {
    const allowed = adapter.limits[name] as number;
    if (allowed < needed) {
      throw new InputError(
        `Cannot run on webgpu: ${adapterName(adapter)} lacks ${name}: ` +
          `${needed} is needed, ${allowed} is allowed`,
        { hint: "Take --backend wasm" },
      );
    }
    // tfjs's own shaders take what there is.
    required[name] = name === "maxStorageBuffersPerShaderStage" ? needed : allowed;
  }
  for (const name of MOST) required[name] = adapter.limits[name];
  required.maxComputeWorkgroupsPerDimension = adapter.limits.maxComputeWorkgroupsPerDimension;
  return await adapter.requestDevice({ requiredLimits: required });
}

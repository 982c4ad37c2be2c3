import { Random } from "../support/random.ts";

/** The shape of one NCA. */
export interface Nca2dShape {
  /** Channels of the state, c. */
  channels: number;
  /** Image channels, n: the first channels, which never change. Default: 1. */
  imageChannels?: number;
  /** Hidden units, h. */
  hidden: number;
  /** Side of the perception kernel, k, odd. */
  kernel: number;
}

/** The parameters of one NCA, with PyTorch's names and shapes, in `state_dict` order. */
export function parameterShapes(
  { channels, imageChannels = 1, hidden, kernel }: Nca2dShape,
): Map<string, number[]> {
  const changing = channels - imageChannels;
  return new Map([
    ["perception.weight", [channels, 1, kernel, kernel]],
    ["perception.bias", [channels]],
    ["fc1.weight", [hidden, 2 * channels, 1, 1]],
    ["fc1.bias", [hidden]],
    ["bn.weight", [hidden]],
    ["bn.bias", [hidden]],
    ["fc2.weight", [changing, hidden, 1, 1]],
    ["fc2.bias", [changing]],
  ]);
}

/**
 * Initial values distributed as PyTorch's: convolution weights and biases uniform in ±1/√fan_in (k²
 * for the depthwise kernel), batch norm scale 1 and shift 0.
 *
 * @example
 * ```ts
 * import { initialValues } from "./initialization.ts";
 * import assert from "node:assert/strict";
 *
 * const values = initialValues({ channels: 16, hidden: 64, kernel: 3 }, 0);
 * const count = [...values.values()].reduce((sum, array) => sum + array.length, 0);
 * assert.equal(count, 3375);
 * assert(values.get("perception.weight")!.every((w) => Math.abs(w) <= 1 / 3));
 * ```
 */
export function initialValues(shape: Nca2dShape, ...seed: number[]): Map<string, Float32Array> {
  const random = new Random(...seed);
  const fanIn: Record<string, number> = {
    perception: shape.kernel ** 2,
    fc1: 2 * shape.channels,
    fc2: shape.hidden,
  };
  const values = new Map<string, Float32Array>();
  for (const [name, dimensions] of parameterShapes(shape)) {
    const array = new Float32Array(dimensions.reduce((a, b) => a * b));
    const layer = name.split(".")[0]!;
    if (layer === "bn") {
      array.fill(name === "bn.weight" ? 1 : 0);
    } else {
      const bound = 1 / Math.sqrt(fanIn[layer]!);
      for (let i = 0; i < array.length; i++) array[i] = (2 * random.uniform() - 1) * bound;
    }
    values.set(name, array);
  }
  return values;
}

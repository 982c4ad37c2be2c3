/**
 * `fireMask` as ONNX operators, so that the same cells fire in other programs. 32-bit integers are
 * stored in 64 bits, where their products do not overflow.
 *
 * @module
 */

import type { GraphBuilder } from "./graph_builder.ts";

/** All bits of an integer of 32 bits. */
const BITS = 2 ** 32 - 1;

/** `mix32` of `lib/support/random.ts`. @param x Any integers; their low 32 bits count. */
function mix(graph: GraphBuilder, x: string): string {
  const shifted = (bits: string, by: number) =>
    graph.add("BitwiseXor", [bits, graph.add("Div", [bits, graph.int(2 ** by)])]);
  const product = (bits: string, factor: number) =>
    graph.add("BitwiseAnd", [
      graph.add("Mul", [bits, graph.int(factor | 0)]), // signed, so that 64 bits hold it
      graph.int(BITS),
    ]);
  x = product(shifted(graph.add("BitwiseAnd", [x, graph.int(BITS)]), 16), 0x7feb352d);
  x = product(shifted(x, 15), 0x846ca68b);
  return shifted(x, 16);
}

/** `hash32` of `lib/support/random.ts`. */
export function onnxHash(graph: GraphBuilder, ...values: readonly string[]): string {
  return values.reduce((hash, value) => {
    const mixed = mix(graph, graph.add("Add", [value, graph.int(0x85ebca6b)]));
    return mix(graph, graph.add("BitwiseXor", [hash, mixed]));
  }, graph.int(0x9e3779b9));
}

/**
 * `fireMask` of `lib/rollout/fire_mask.ts` for a batch.
 *
 * @param options.seeds [B].
 * @param options.step A scalar.
 * @param options.cells [H·W], from 0 on.
 * @param options.threshold From `fireThreshold`.
 * @returns [B, H·W] of true and false.
 */
export function onnxFireMask(
  graph: GraphBuilder,
  options: { seeds: string; step: string; cells: string; threshold: number },
): string {
  const key = graph.add("Unsqueeze", [
    onnxHash(graph, options.seeds, options.step),
    graph.int([1]),
  ]);
  const inner = mix(graph, graph.add("Add", [options.cells, key]));
  const hash = mix(graph, graph.add("BitwiseXor", [inner, key]));
  // The upper 24 bits are below the threshold if all 32 are below it shifted by 8
  return graph.add("Less", [hash, graph.int(options.threshold * 2 ** 8)]);
}

/**
 * Backward, first phase: perception again, from the stored state.
 *
 * One thread a vec4 of a cell, neighbours side by side in memory. Traffic: reads the state, writes
 * perception.
 *
 * @module
 */

import type { KernelShape } from "../layout.ts";
import { convolution, header } from "./common.ts";

/** Threads of a work-group, one a vec4. */
export const PERCEIVE_THREADS = 64;

/** The shader for a shape; run as (vec4s of a slice / 64, slices). */
export function perceiveShader(shape: KernelShape): string {
  return header(shape, PERCEIVE_THREADS) + /* wgsl */ `
@group(0) @binding(1) var<storage, read> weights: array<vec4f>;
@group(0) @binding(2) var<storage, read> state: array<vec4f>;
@group(0) @binding(3) var<storage, read_write> perception: array<vec4f>;
${convolution("state")}
@compute @workgroup_size(THREADS)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let cell = id.x / C4;
  if (cell >= size.cells) { return; }
  perception[(id.y * size.cells + cell) * C4 + id.x % C4] = convolve(id.y, cell, id.x % C4);
}
`;
}

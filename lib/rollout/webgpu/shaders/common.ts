/**
 * Shared by all shaders: constants, the sizes of a rollout, fire masks, and convolution.
 *
 * @module
 */

import { type KernelShape, layoutOf } from "../layout.ts";

/** Names for the numbers of the layout, and the uniform that every shader has at binding 0. */
export function header(shape: KernelShape, threads: number): string {
  const { c4, v4, hidden, taps, ...at } = layoutOf(shape);
  return /* wgsl */ `
const THREADS = ${threads}u;
const TILE = ${shape.tile}u;
const C4 = ${c4}u;
const V4 = ${v4}u;
const H = ${hidden}u;
const K = ${shape.kernelSize};
const TAPS = ${taps}u;

const FC1 = ${at.weights.fc1}u;
const GAMMA = ${at.weights.gamma}u;
const BETA = ${at.weights.beta}u;
const FC2 = ${at.weights.fc2}u;
const BIAS2 = ${at.weights.bias2}u;

const STATS = ${at.stats.length}u;
const INVERSE = ${at.stats.inverse}u;
const COVARIANCE = ${at.stats.covariance}u;
const FOLDED = ${at.stats.folded}u;

const MOMENTS = ${at.momentsLength}u;

const CHUNK = ${at.chunk.length}u;
const CHUNK_D = ${at.chunk.d}u;
const CHUNK_FC2 = ${at.chunk.fc2}u;
const CHUNK_BIAS2 = ${at.chunk.bias2}u;

const MAP = ${at.map.length}u;
const MAP_T = ${at.map.t}u;

const GROUP = ${at.group.length}u;
const GROUP_GAMMA = ${at.group.gamma}u;
const GROUP_BETA = ${at.group.beta}u;

struct Size {
  height: u32,
  width: u32,
  cells: u32,     // of a slice
  groups: u32,    // 1, or as many as slices: those that share statistics
  chunks: u32,    // of a slice
  tiles: u32,     // of a chunk
  threshold: u32, // a cell fires where its 24-bit hash is below
  masked: u32,    // 1 if masks are given instead of seeds
  count: f32,     // cells of a group
}
@group(0) @binding(0) var<uniform> size: Size;

fn group_of(slice: u32) -> u32 { return min(slice, size.groups - 1u); }

// The first cell of a chunk, and the one after its last.
fn chunk_begin(chunk: u32) -> u32 { return chunk * size.tiles * TILE; }
fn chunk_end(chunk: u32) -> u32 { return min(chunk_begin(chunk + 1u), size.cells); }
`;
}

/**
 * `fires(slice, cell)`: the hash of `fire_mask.ts`.
 *
 * @param binding Of the keys, one a slice, or of the masks, one number a cell.
 */
export function firing(binding: number): string {
  return /* wgsl */ `
@group(0) @binding(${binding}) var<storage, read> fire: array<u32>;

fn mix32(x0: u32) -> u32 {
  var x = (x0 ^ (x0 >> 16u)) * 0x7feb352du;
  x = (x ^ (x >> 15u)) * 0x846ca68bu;
  return x ^ (x >> 16u);
}

fn fires(slice: u32, cell: u32) -> bool {
  if (size.masked == 1u) { return fire[slice * size.cells + cell] != 0u; }
  let key = fire[slice];
  return (mix32(mix32(cell + key) ^ key) >> 8u) < size.threshold;
}
`;
}

/**
 * `list_firing(thread, slice, first)`: lists those cells of a tile that fire, in order, and
 * returns how many they are, to all threads. A bit a cell and a count of the bits before it give
 * each its place, so the list is the same every time. 532 bytes of work-group memory for tiles of 128.
 */
export const LIST_FIRING = /* wgsl */ `
const WORDS = TILE / 32u;
var<workgroup> fired_bits: array<atomic<u32>, WORDS>;
var<workgroup> fired_cells: array<u32, TILE>;
var<workgroup> fired_count: u32;

fn list_firing(thread: u32, slice: u32, first: u32) -> u32 {
  // Nobody reads the list before any more.
  workgroupBarrier();
  for (var i = thread; i < WORDS; i += THREADS) { atomicStore(&fired_bits[i], 0u); }
  workgroupBarrier();
  for (var i = thread; i < TILE; i += THREADS) {
    let cell = first + i;
    if (cell < size.cells) {
      if (fires(slice, cell)) { atomicOr(&fired_bits[i / 32u], 1u << (i % 32u)); }
    }
  }
  workgroupBarrier();
  for (var i = thread; i < TILE; i += THREADS) {
    let bits = atomicLoad(&fired_bits[i / 32u]);
    var place = countOneBits(bits & ((1u << (i % 32u)) - 1u));
    for (var word = 0u; word < i / 32u; word++) {
      place += countOneBits(atomicLoad(&fired_bits[word]));
    }
    let fired = (bits >> (i % 32u)) & 1u;
    if (fired == 1u) { fired_cells[place] = first + i; }
    if (i == TILE - 1u) { fired_count = place + fired; }
  }
  return workgroupUniformLoad(&fired_count);
}
`;

/**
 * `convolve_FIELD(slice, cell, q)`: four channels of the depthwise convolution of a field, a
 * variable of the shader, with the kernel in `weights`, zeros beyond the border.
 *
 * @param transposed Whether the kernel is turned round, as its gradient needs it.
 */
export function convolution(field: string, { transposed = false } = {}): string {
  const tap = "u32(ty * K + tx)";
  return /* wgsl */ `
fn convolve_${field}(slice: u32, cell: u32, q: u32) -> vec4f {
  let y = i32(cell / size.width) - K / 2;
  let x = i32(cell % size.width) - K / 2;
  var sum = vec4f();
  for (var ty = 0; ty < K; ty++) {
    if (y + ty < 0 || y + ty >= i32(size.height)) { continue; }
    for (var tx = 0; tx < K; tx++) {
      if (x + tx < 0 || x + tx >= i32(size.width)) { continue; }
      let at = slice * size.cells + u32(y + ty) * size.width + u32(x + tx);
      sum += weights[(${transposed ? `TAPS - 1u - ${tap}` : tap}) * C4 + q] * ${field}[at * C4 + q];
    }
  }
  return sum;
}
`;
}

/** Repeats code for i = 0 … n − 1: arrays stay in registers only where no variable indexes them. */
export function unroll(n: number, code: (i: number) => string): string {
  return Array.from({ length: n }, (_, i) => code(i)).join("\n");
}

/**
 * Four scalars of a work-group array, from `4 h`, as one vec4: threads may not write single
 * components of a vec4 in memory at once, since each write may touch the others.
 */
export function quad(array: string): string {
  return `vec4f(${[0, 1, 2, 3].map((i) => `${array}[4u * h + ${i}u]`).join(", ")})`;
}

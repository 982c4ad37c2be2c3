/**
 * The parameters of a build of the kernels: the machine's features, the model's shape, the memory's
 * size.
 *
 * @module
 */

import type { ModelShape } from "../types.ts";
import { PAIR } from "./buffers.ts";

/** Whether the machine has relaxed SIMD, which includes fused multiply-add. */
export function hasRelaxedSimd(): boolean {
  const splat = [0x41, 0, 0xfd, 0x0f]; // i8x16.splat (i32.const 0)
  const body = [0, ...splat, ...splat, ...splat, 0xfd, 0x85, 0x02, 0x1a, 0x0b]; // relaxed_madd, drop
  return WebAssembly.validate(
    // deno-fmt-ignore
    new Uint8Array([
      0, 0x61, 0x73, 0x6d, 1, 0, 0, 0,
      1, 4, 1, 0x60, 0, 0,
      3, 2, 1, 0,
      10, body.length + 2, 1, body.length, ...body,
    ]),
  );
}

/** Whether the runtime supports shared memory; without it there is only one thread. */
export function hasSharedMemory(): boolean {
  return typeof SharedArrayBuffer !== "undefined";
}

/** The WebAssembly features of the kernels, and the registers that they are for. */
export interface Build {
  /** Relaxed SIMD, with its fused multiply-add. */
  relaxed: boolean;
  /** Memory that threads share. */
  shared: boolean;
  /**
   * Whether tiles fill the registers of 256 bits into which V8's revectorizer joins pairs of vectors.
   * Without it, as in browsers, tiles for 128 bits are faster. Both give the same bits.
   */
  wide: boolean;
  /** Whether every access to memory is checked, for tests. */
  checked: boolean;
}

/** Whether kernels can be made for a shape: both numbers must be multiples of 8. */
export function canCompile({ channels, hidden }: ModelShape): boolean {
  return channels % PAIR === 0 && hidden % PAIR === 0;
}

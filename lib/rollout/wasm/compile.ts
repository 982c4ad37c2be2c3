/**
 * Compiles the kernels for a model's shape, once: the result is cached.
 *
 * @module
 */

import type { ModelShape } from "../types.ts";
import { INITIAL_PAGES, MAX_PAGES, PAIR } from "./buffers.ts";
import { cached } from "./kernel_cache.ts";
import { kernelSources } from "./sources.ts";

/** Options of the compiler for every build. */
const OPTIONS = [
  "--outFile=index.wasm",
  "-O3",
  "--converge",
  "--noAssert",
  "--runtime=stub",
  "--importMemory",
  `--initialMemory=${INITIAL_PAGES}`,
  `--maximumMemory=${MAX_PAGES}`,
];

/** Whether the machine has relaxed SIMD, and with it fused multiply-add. */
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

/** Whether the runtime has memory that threads can share; without it there is one thread. */
export function hasSharedMemory(): boolean {
  return typeof SharedArrayBuffer !== "undefined";
}

/** What of WebAssembly the kernels use. */
export interface Build {
  /** Relaxed SIMD, with its fused multiply-add. */
  relaxed: boolean;
  /** Memory that threads share. */
  shared: boolean;
  /** Whether every access to memory is checked, for tests. */
  checked: boolean;
}

/** Whether kernels can be made for a shape: both numbers must be multiples of 8. */
export function canCompile({ channels, hidden }: ModelShape): boolean {
  return channels % PAIR === 0 && hidden % PAIR === 0;
}

/**
 * The compiled kernels for c channels and h hidden units.
 *
 * @throws {RangeError} If channels or hidden units are not multiples of 8.
 */
export async function compileKernels(
  shape: ModelShape,
  build: Build,
): Promise<WebAssembly.Module> {
  const { channels, hidden } = shape;
  if (!canCompile(shape)) {
    throw new RangeError(
      `Cannot compile kernels: channels and hidden units must be multiples of ${PAIR}, ` +
        `got ${channels} and ${hidden}`,
    );
  }
  const sources = kernelSources(shape, build.checked);
  const compiler = import.meta.resolve("assemblyscript/asc");
  const all = JSON.stringify([compiler, OPTIONS, build, [...sources].sort()]);
  const hash = new Uint8Array(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(all)));
  const name = `kernels-${channels}-${hidden}-${hash.toHex().slice(0, 16)}.bin`;
  return await WebAssembly.compile(await cached(name, all, () => compile(sources, build)));
}

async function compile(
  sources: ReadonlyMap<string, string>,
  { relaxed, shared, checked }: Build,
): Promise<Uint8Array<ArrayBuffer>> {
  // The compiler takes most of a second to load, so only where it is needed.
  const { default: asc } = await import("assemblyscript/asc");
  let wasm: Uint8Array<ArrayBuffer> | undefined;
  const { error, stderr } = await asc.main([
    checked ? "checked.ts" : "index.ts",
    ...OPTIONS,
    ...(shared ? ["--sharedMemory"] : []),
    `--enable=simd,threads,bulk-memory${relaxed ? ",relaxed-simd" : ""}`,
  ], {
    readFile: (name) => sources.get(name) ?? null,
    writeFile: (_name, contents) => {
      wasm = contents as Uint8Array<ArrayBuffer>;
    },
    listFiles: () => [],
  });
  if (error || !wasm) throw new Error(`Cannot compile kernels: ${stderr.toString()}`);
  return wasm;
}

/**
 * Compiles the kernels for a model's shape, once: the result is kept in `.cache/`.
 *
 * @module
 */

import { fileURLToPath } from "node:url";
import { writeFileAtomic } from "../../support/files.ts";
import { layoutSource } from "./layout.ts";
import { productsSource } from "./products.ts";
import { stencilsSource } from "./stencils.ts";

const SOURCES = [
  "backward",
  "backward_dense",
  "backward_fired",
  "backward_perception",
  "backward_statistics",
  "cells",
  "forward",
  "index",
  "perceive",
  "simd",
  "statistics",
  "threads",
  "update",
];

/** Largest memory of a 32-bit module, in pages of 64 kB. */
export const MAX_PAGES = 65536;

/** Pages that a kernel's memory begins with. */
export const INITIAL_PAGES = 16;

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

/**
 * The compiled kernels for c channels and h hidden units.
 *
 * @param options.channels A multiple of 8.
 * @param options.hidden A multiple of 8.
 * @param options.relaxed Whether to use relaxed SIMD's fused multiply-add.
 * @param options.shared Whether their memory is shared.
 * @throws {RangeError} Where channels or hidden units are not multiples of 8.
 */
export async function compileKernels(
  options: { channels: number; hidden: number; relaxed: boolean; shared: boolean },
): Promise<WebAssembly.Module> {
  const { channels, hidden, relaxed, shared } = options;
  if (channels % 8 !== 0 || hidden % 8 !== 0) {
    throw new RangeError(
      "Cannot compile kernels: channels and hidden units must be multiples of 8, " +
        `got ${channels} and ${hidden}`,
    );
  }
  const sources = new Map([
    ["layout.ts", layoutSource(channels, hidden)],
    ["products.ts", productsSource(channels, hidden)],
    ["stencils.ts", stencilsSource(channels)],
  ]);
  await Promise.all(SOURCES.map(async (name) => {
    const url = new URL(`./assembly/${name}.ts`, import.meta.url);
    sources.set(`${name}.ts`, await Deno.readTextFile(url));
  }));
  const key = await digest(JSON.stringify([relaxed, shared, [...sources].sort()]));
  const name = `rollout-${channels}-${hidden}-${key}.wasm`;
  const cached = fileURLToPath(new URL(`../../../.cache/${name}`, import.meta.url));
  try {
    return await WebAssembly.compile(await Deno.readFile(cached));
  } catch {
    // Not compiled yet, or the file is broken: compile.
  }
  const bytes = await compile(sources, { relaxed, shared });
  // A cache that cannot be written costs a second at the next start, no more.
  await writeFileAtomic(cached, bytes).catch(() => {});
  return await WebAssembly.compile(bytes);
}

async function compile(
  sources: ReadonlyMap<string, string>,
  { relaxed, shared }: { relaxed: boolean; shared: boolean },
): Promise<Uint8Array<ArrayBuffer>> {
  // The compiler takes most of a second to load, so only where it is needed.
  const { default: asc } = await import("assemblyscript/asc");
  let wasm: Uint8Array<ArrayBuffer> | undefined;
  const { error, stderr } = await asc.main([
    "index.ts",
    "--outFile=index.wasm",
    "-O3",
    "--converge",
    "--noAssert",
    "--runtime=stub",
    "--importMemory",
    ...(shared ? ["--sharedMemory"] : []),
    `--initialMemory=${INITIAL_PAGES}`,
    `--maximumMemory=${MAX_PAGES}`,
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

async function digest(text: string): Promise<string> {
  const hash = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text));
  return new Uint8Array(hash).toHex().slice(0, 16);
}

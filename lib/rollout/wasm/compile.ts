import { sha256 } from "../../support/sha256.ts";
import type { ModelShape } from "../types.ts";
import { type Build, canCompile } from "./build.ts";
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

/**
 * The compiled kernels for c channels and h hidden units.
 *
 * @throws {RangeError} If channels or hidden units are not multiples of 8.
 */
export async function compileKernels(
  shape: ModelShape,
  build: Build,
): Promise<WebAssembly.Module> {
  return await WebAssembly.compile(await kernelBytes(shape, build));
}

/**
 * The same as the content of a `.wasm` file.
 *
 * @throws {RangeError} As {@linkcode compileKernels} does.
 */
export async function kernelBytes(
  shape: ModelShape,
  build: Build,
): Promise<Uint8Array<ArrayBuffer>> {
  const { channels, hidden } = shape;
  if (!canCompile(shape)) {
    throw new RangeError(
      `Cannot compile kernels: channels and hidden units must be multiples of ${PAIR}, ` +
        `got ${channels} and ${hidden}`,
    );
  }
  const sources = kernelSources(shape, build);
  const compiler = import.meta.resolve("assemblyscript/asc");
  const all = JSON.stringify([compiler, OPTIONS, build, [...sources].sort()]);
  const name = `kernels-${channels}-${hidden}-${(await sha256(all)).slice(0, 16)}.bin`;
  return await cached(name, all, () => compile(sources, build));
}

async function compile(
  sources: ReadonlyMap<string, string>,
  { relaxed, shared, checked }: Build,
): Promise<Uint8Array<ArrayBuffer>> {
  // The compiler takes most of a second to load, so it is loaded only if needed.
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

/** The V8 version that the flags were tested with; one of them is experimental. */
const TRIED = /^15\./;

/** The value if there are no flags to set: V8's own default. */
const NOTHING = "--stack-trace-limit=10";

/**
 * The flags for programs that run the `wasm` engine, for the environment variable `DENO_V8_FLAGS`.
 * V8 reads flags only at start, and Deno refuses to start with an unknown flag, so `deno.json`
 * computes them first. Without them everything works, at half the speed, with the same bits.
 *
 * - `no-wasm-bounds-checks`: Deno does not let V8 catch a bad access by its signal, so V8 compares
 *   every address, three instructions a load. The kernels' addresses come from one table, against
 *   which tests check every access, and all that 32 bits can address is reserved for their memory,
 *   so a wrong one still ends the program instead of touching anything else (not so where shared
 *   memory is missing). Other WebAssembly of the tasks (the compiler's, the pictures') is then as
 *   safe as native code of its languages.
 * - `experimental-wasm-revectorize`: joins pairs of 128-bit operations into 256-bit ones where the
 *   processor has AVX2. Only V8 for x64 has it.
 *
 * @param on.arch The processor; that of this Deno if left out.
 * @param on.v8 V8's version; that of this Deno if left out.
 * @returns Never empty, which Deno would refuse.
 *
 * @example
 * ```ts
 * import { v8Flags } from "./v8_flags.ts";
 * import assert from "node:assert/strict";
 *
 * assert.match(v8Flags({ arch: "x86_64", v8: "15.0.245.2" }), /revectorize/);
 * assert.equal(v8Flags({ arch: "aarch64", v8: "15.0.245.2" }), "--no-wasm-bounds-checks");
 * assert.doesNotMatch(v8Flags({ arch: "x86_64", v8: "17.3.1.0" }), /wasm/); // not tried yet
 * ```
 */
export function v8Flags(
  on: { arch?: typeof Deno.build.arch; v8?: string } = {},
): string {
  const { arch = Deno.build.arch, v8 = Deno.version.v8 } = on;
  if (!TRIED.test(v8)) return NOTHING;
  return "--no-wasm-bounds-checks" +
    (arch === "x86_64" ? ",--experimental-wasm-revectorize" : "");
}

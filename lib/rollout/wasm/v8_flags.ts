/**
 * The flags of V8 that make the kernels twice as fast.
 *
 * @module
 */

/**
 * Flags for the tasks that run the `wasm` engine; `deno.json` repeats them, since V8 takes flags only
 * as the program starts. Without them everything works, at half the speed, with the same bits.
 *
 * - `no-wasm-bounds-checks`: Deno does not let V8 catch a bad access by its signal, so V8 compares
 *   every address, three instructions a load. The kernels' addresses come from TypeScript's own
 *   tables, and all that 32 bits can address is reserved for their memory, so a wrong one still ends
 *   the program instead of touching anything else (not so where shared memory is missing). Other WebAssembly of the tasks (the compiler's, the
 *   pictures') is then as safe as native code of its languages.
 * - `experimental-wasm-revectorize`: joins pairs of 128-bit operations into 256-bit ones on x64
 *   machines with AVX2. Elsewhere it does nothing.
 */
export const V8_FLAGS = "--no-wasm-bounds-checks,--experimental-wasm-revectorize";

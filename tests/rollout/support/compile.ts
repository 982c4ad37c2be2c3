/** Compiles kernels with the permissions that it was given, and prints the first of their tasks. */

import { compileKernels } from "../../../lib/rollout/wasm/compile.ts";

const build = { relaxed: false, shared: true, wide: true, checked: false };
const module = await compileKernels({ channels: 8, hidden: 16 }, build);
const names = WebAssembly.Module.exports(module).map(({ name }) => name);
console.log(names.find((name) => name === "forward"));

/**
 * Prints the flags of V8 for the tasks that run the model; see `lib/rollout/wasm/v8_flags.ts`.
 *
 * @module
 */

import { v8Flags } from "../lib/rollout/wasm/v8_flags.ts";

console.log(v8Flags());

/**
 * Prints the flags of V8 for the tasks that run the model; see `lib/rollout/wasm/v8_flags.ts`.
 *
 * @module
 */

import { v8Flags } from "../lib/rollout/wasm/v8_flags.ts";

console.log(v8Flags());

/**
 * Never called: it makes Deno download the packages with this script, where the user sees it. The
 * tasks themselves run with --quiet, which hides a warning that permission sets are experimental.
 */
export const fetchPackages = () => import("@tensorflow/tfjs");

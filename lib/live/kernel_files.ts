/**
 * The kernels that are compiled when the page is built.
 *
 * @module
 */

import type { ModelShape } from "../rollout/types.ts";
import type { Build } from "../rollout/wasm/build.ts";

/** What the page's kernels are for: the tutorial's model. */
export const KERNEL_SHAPES: readonly ModelShape[] = [{ channels: 16, hidden: 64 }];

/** The name of the file of a build. */
export function kernelFile({ channels, hidden }: ModelShape, { relaxed, shared }: Build): string {
  const parts = [channels, hidden, ...(relaxed ? ["relaxed"] : []), ...(shared ? ["shared"] : [])];
  return `kernels-${parts.join("-")}.wasm`;
}

/** The WebGPU adapter that tests run on, hardware or a program on the CPU. */

import { quietenMesa } from "../../../lib/backend.ts";
import { findAdapter } from "../../../lib/rollout/webgpu/adapter.ts";

quietenMesa();

/** Null where there is none: tests that need it are then ignored. */
export const adapter = await findAdapter();

/** For a test that needs it: its name says so, and it is ignored where there is none. */
export function withAdapter(name: string, fn: () => Promise<void>): Deno.TestDefinition {
  return { name: `${name} (needs a WebGPU adapter)`, ignore: adapter === null, fn };
}

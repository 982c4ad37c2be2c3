/** The WebGPU adapter that tests run on, hardware or a program on the CPU. */

import { findAdapter } from "../../../lib/rollout/webgpu/adapter.ts";

// A layer of Mesa's drivers prints errors where nobody is logged in.
if (Deno.build.os === "linux") Deno.env.set("NODEVICE_SELECT", "1");

/** Null where there is none: tests that need it are then ignored. */
export const adapter = await findAdapter();

/** For a test that needs it: its name says so, and it is ignored where there is none. */
export function withAdapter(name: string, fn: () => Promise<void>): Deno.TestDefinition {
  return { name: `${name} (needs a WebGPU adapter)`, ignore: adapter === null, fn };
}

/** What a page runs in a browser: rollouts on the engine for GPUs. */

import { adapterName, findAdapter } from "../../../lib/rollout/webgpu/adapter.ts";
import { WebGpuEngine } from "../../../lib/rollout/webgpu/webgpu_engine.ts";
import { EXAMPLES, runExample } from "./examples.ts";

/** What the page hands to the test. */
export interface BrowserPage {
  /** The name of the browser's GPU, or null where it has none. */
  gpu(): Promise<string | null>;
  /** The results of an example, as pairs of name and values. */
  run(example: string): Promise<[string, number[]][]>;
}

const page: BrowserPage = {
  async gpu() {
    const adapter = await findAdapter();
    return adapter && adapterName(adapter);
  },
  async run(name) {
    const engine = await WebGpuEngine.create();
    const results = await runExample(engine, EXAMPLES[name]!);
    engine.dispose();
    return [...results].map(([what, values]) => [what, [...values]]);
  },
};
Object.assign(globalThis, { page });

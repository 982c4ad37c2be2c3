/**
 * The worker of a thread in a browser.
 *
 * @module
 */

import { runThread, type ThreadStart } from "../rollout/wasm/thread.ts";
import { holdLifeline } from "./lifeline.ts";

const held = holdLifeline();

addEventListener("message", async ({ data }: MessageEvent<ThreadStart>) => {
  await held; // nothing else happens once it runs
  runThread(data, () => postMessage("ready"));
}, { once: true });

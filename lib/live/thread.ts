/**
 * The worker of a thread in a browser.
 *
 * @module
 */

import { runThread, type ThreadStart } from "../rollout/wasm/thread.ts";

addEventListener(
  "message",
  ({ data }: MessageEvent<ThreadStart>) => runThread(data, () => postMessage("ready")),
  { once: true },
);

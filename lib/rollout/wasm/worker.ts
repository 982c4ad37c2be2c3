/**
 * The worker of a thread in Deno. See `thread.ts`.
 *
 * @module
 */

import { parentPort } from "node:worker_threads";
import { runThread, type ThreadStart } from "./thread.ts";

parentPort!.once(
  "message",
  (start: ThreadStart) => runThread(start, () => parentPort!.postMessage("ready")),
);

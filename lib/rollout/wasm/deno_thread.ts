import { Worker } from "node:worker_threads";
import type { Thread, ThreadStart } from "./thread.ts";

/** Starts a thread that, while it sleeps, does not keep the program alive. */
export async function startDenoThread(start: ThreadStart): Promise<Thread> {
  // Without an environment of its own it would ask for all of this one's
  const worker = new Worker(workerUrl(), { env: {} });
  const ready = new Promise((resolve, reject) =>
    worker.once("message", resolve).once("error", reject)
  );
  worker.postMessage(start);
  await ready;
  worker.unref();
  return worker;
}

/** A worker starts from a file or from data: one from the web is imported by a line of data. */
function workerUrl(): URL {
  const url = new URL("./worker.ts", import.meta.url);
  if (url.protocol === "file:") return url;
  return new URL(`data:text/javascript,import ${JSON.stringify(url)}`);
}

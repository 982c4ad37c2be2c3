import assert from "node:assert/strict";
import { Remote } from "../../lib/live/remote.ts";
import { InputError } from "../../lib/support/errors.ts";
import type { TestApi } from "./support/remote_worker.ts";

/** Calls a worker that does not belong to the page. */
async function withRemote(use: (remote: Remote<TestApi>) => Promise<void>): Promise<void> {
  const address = new URL("./support/remote_worker.ts", import.meta.url);
  let worker!: Worker;
  const start = (name: string) => worker = new Worker(address, { type: "module", name });
  try {
    await use(new Remote<TestApi>(start, (error) => assert.fail(error)));
  } finally {
    worker.terminate();
  }
}

Deno.test("Remote.call() gives the value, or the error with its hint", () =>
  withRemote(async (remote) => {
    assert.deepEqual(await Promise.all([remote.call("double", [4]), remote.call("double", [-1])]), [
      ...[8, -2],
    ]);
    await assert.rejects(remote.call("refuse", []), (error) => {
      assert.ok(error instanceof InputError);
      assert.deepEqual([error.message, error.hint], ["Cannot read a", "Give b"]);
      return true;
    });
    await assert.rejects(remote.call("fail", []), (error) => {
      assert.ok(!(error instanceof InputError));
      assert.equal((error as Error).message, "not in range");
      return true;
    });
  }));

Deno.test("Remote.call() says that there is not enough memory, which is no bug", () =>
  withRemote(async (remote) => {
    await assert.rejects(remote.call("exhaust", []), (error) => {
      assert.ok(error instanceof InputError);
      assert.match(error.message, /^The browser has not enough memory: /);
      assert.match(error.hint, /Close other tabs/);
      return true;
    });
  }));

Deno.test("Remote.call() reports progress, and ends when it is cancelled", () =>
  withRemote(async (remote) => {
    const controller = new AbortController();
    const told: [number, number][] = [];
    const running = remote.call("endless", [], {
      signal: controller.signal,
      onProgress: (done, total) => {
        told.push([done, total]);
        if (done === 3) controller.abort();
      },
    });
    // Calls wait for each other
    const order = remote.call("order", []);
    await assert.rejects(running, { name: "AbortError" });
    assert.deepEqual(told.slice(0, 3), [[1, 1000], [2, 1000], [3, 1000]]);
    assert.deepEqual(await order, ["endless begins", "endless ends", "next"]);
  }));

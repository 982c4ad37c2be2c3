import assert from "node:assert/strict";
import { join } from "@std/path";
import { initBackend } from "../../lib/backend.ts";
import { silentProgress } from "../../lib/training/progress.ts";
import { trainMedNca, type TrainResult } from "../../lib/training/mod.ts";
import { TINY, withTinyData } from "./support/tiny_data.ts";

const config = { ...TINY, channels: 16, hidden: 64, augment: "affine" } as const;

function take({ model, history }: TrainResult) {
  const weights = model.variables.map((variable) => [...variable.dataSync()]);
  model.dispose();
  return { weights, history: history.map((row) => ({ ...row, seconds: 0 })) };
}

Deno.test("wasm trains to the same bits on any number of threads, stopped or not", async () => {
  await withTinyData(async ({ train, validation, folder }) => {
    const options = { train, validation, config };
    const results = [];
    for (const threads of [1, 2]) {
      const backend = await initBackend({ backend: "wasm", threads });
      assert.equal(backend.name, "wasm");
      results.push(take(await trainMedNca(options)));

      // Stopped within the second epoch, then resumed.
      const out = join(folder, `stopped-${threads}`);
      const controller = new AbortController();
      let steps = 0;
      const progress = {
        ...silentProgress,
        step: () => ++steps === 7 ? controller.abort() : undefined,
      };
      const stopped = await trainMedNca({ ...options, out, progress, signal: controller.signal });
      assert.equal(stopped.aborted, true);
      stopped.model.dispose();
      results.push(take(await trainMedNca({ ...options, out, resume: true })));
      backend.dispose();
    }
    for (const result of results.slice(1)) assert.deepEqual(result, results[0]);
  });
});

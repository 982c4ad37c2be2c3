import * as tf from "@tensorflow/tfjs";
import assert from "node:assert/strict";
import { join } from "@std/path";
import { initBackend } from "../../lib/backend.ts";
import { TINY, withTinyData } from "../training/support/tiny_data.ts";
import { measureLongRun, openFiles } from "./long_run.ts";

// docs/draw_long_run.ts measures 2,000 steps, and memory with them
Deno.test("a hundred steps with checkpoints hold no more tensors and files than ten", async () => {
  const backend = await initBackend({ backend: "wasm", channels: 8, hidden: 8, threads: 1 });
  try {
    await withTinyData(async ({ train, validation, folder }) => {
      const before = [tf.memory().numTensors, openFiles()];
      const holdings = await measureLongRun({
        train,
        validation,
        out: join(folder, "run"),
        config: { ...TINY, channels: 8, epochs: 20, checkpointMinutes: 1e-3 },
        every: 5, // the last step of each epoch, so that batches read ahead are the same
      });
      assert.equal(holdings.length, 20);
      for (const key of ["tensors", "files"] as const) {
        const counts = holdings.slice(2).map((holding) => holding[key]);
        assert.equal(new Set(counts).size, 1, `${key}: ${counts}`);
      }
      assert.deepEqual([tf.memory().numTensors, openFiles()], before);
    });
  } finally {
    backend.dispose();
  }
});

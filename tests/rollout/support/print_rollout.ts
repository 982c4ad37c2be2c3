/** Prints a digest of every bit of some rollouts and their gradients, for `v8_flags_test.ts`. */

import * as tf from "@tensorflow/tfjs";
import { createHash } from "node:crypto";
import process from "node:process";
import { NCA2D } from "../../../lib/nca/nca2d.ts";
import { createWasmEngine } from "../../../lib/rollout/wasm/create_wasm_engine.ts";
import { randomState, runAll } from "./rollouts.ts";

tf.enableProdMode();
await tf.setBackend("cpu");

const engine = await createWasmEngine({ threads: 2 });
const hash = createHash("sha256");
for (const kernel of [3, 5, 7]) {
  const nca = new NCA2D({ channels: 16, hidden: 64, kernel }, { seed: 1 });
  const options = { steps: 3, fireRate: 0.5, seeds: [3, 4], stats: "slice" } as const;
  for (const array of runAll(engine, nca, randomState([2, 37, 41, 16], 2), options)) {
    hash.update(new Uint8Array(array.buffer));
  }
}
process.stdout.write(`${hash.digest("hex")}\n`);
engine.dispose();

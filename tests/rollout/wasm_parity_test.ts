/**
 * The `wasm` engine beside plain ops on generated rollouts: a sample here and in CI. The long run
 * takes so many rollouts of each of the 128 shapes that have kernels, and prints what it found:
 *
 *     WASM_PARITY=16 deno task test tests/rollout/wasm_parity_test.ts
 */

import * as tf from "@tensorflow/tfjs";
import assert from "node:assert/strict";
import { OpsEngine } from "../../lib/rollout/ops/ops_engine.ts";
import { canCompile } from "../../lib/rollout/wasm/build.ts";
import { createWasmEngine } from "../../lib/rollout/wasm/create_wasm_engine.ts";
import type { WasmEngine } from "../../lib/rollout/wasm/wasm_engine.ts";
import {
  differences,
  type RandomRollout,
  randomRollout,
  runRandom,
} from "./support/random_rollouts.ts";

tf.enableProdMode();
await tf.setBackend("cpu");

const asked = Number(Deno.env.get("WASM_PARITY") ?? 0);

const range = (first: number, last: number) =>
  Array.from({ length: last - first + 1 }, (_, i) => first + i);

/** All shapes of models from 8 to 64 channels and from 8 to 128 hidden units. */
const ALL = range(8, 64).flatMap((channels) =>
  range(8, 128).map((hidden) => ({ channels, hidden }))
);
/** Fewer hidden units than channels, channels that are no power of two, and the other way round. */
const SAMPLE = [[16, 8], [24, 16], [40, 64], [8, 40]] as const;

const shapes = asked > 0
  ? ALL.filter(canCompile)
  : SAMPLE.map(([channels, hidden]) => ({ channels, hidden }));
const cases = asked || 5;
const seconds = asked > 0 ? 0.7 : 0.2;

for (const shape of shapes) {
  const { channels, hidden } = shape;
  Deno.test(`wasm equals ops on generated rollouts, c = ${channels}, h = ${hidden}`, async () => {
    const engines: WasmEngine[] = [];
    try {
      for (const threads of [1, 2, 3]) engines.push(await createWasmEngine({ shape, threads }));
      engines.push(await createWasmEngine({ shape, threads: 1, wide: false })); // as in browsers
      // Every load and store lies in the buffer that it is meant for.
      for (const threads of [1, 2]) {
        engines.push(await createWasmEngine({ shape, threads, checked: true }));
      }
      const failures = range(1, cases)
        .map((seed) => randomRollout(shape, seed, seconds))
        .map((rollout) => ({ ...rollout, differ: compare(engines, rollout) }))
        .filter(({ differ }) => differ.length > 0);
      if (asked > 0) {
        const name = `c = ${channels}, h = ${hidden}`;
        console.log(`${name}: ${cases} rollouts, ${failures.length} differ`, ...failures);
      }
      assert.deepEqual(failures, []);
    } finally {
      for (const engine of engines) engine.dispose();
    }
  });
}

function compare(engines: readonly WasmEngine[], rollout: RandomRollout): string[] {
  const [first, ...others] = engines.map((engine) => runRandom(engine, rollout));
  for (const other of others) assert.deepEqual(other, first, JSON.stringify(rollout));
  return differences(first!, new OpsEngine(), rollout);
}

Deno.test("wasm has kernels for every shape of whole vectors, and names the others", () => {
  const without = ALL.filter((shape) => !canCompile(shape));
  assert.equal(ALL.length - without.length, 8 * 16);
  assert(without.every(({ channels, hidden }) => channels % 8 > 0 || hidden % 8 > 0));
  if (asked > 0) {
    console.log(
      `${ALL.length - without.length} shapes; ${without.length} others have no kernels: ` +
        "their channels or hidden units are no multiple of 8",
    );
  }
});

import * as tf from "@tensorflow/tfjs";
import assert from "node:assert/strict";
import { Allocation } from "../../lib/rollout/wasm/allocation.ts";
import { checkSources } from "../../lib/rollout/wasm/checked.ts";
import { kernelSources } from "../../lib/rollout/wasm/sources.ts";
import { createWasmEngine } from "../../lib/rollout/wasm/create_wasm_engine.ts";
import { type RandomRollout, runRandom } from "./support/random_rollouts.ts";

tf.enableProdMode();
await tf.setBackend("cpu");

const shape = { channels: 16, hidden: 8 };

/** Whole blocks of cells that all fire, so that everything is used to its end. */
const FULL: RandomRollout = {
  ...shape,
  seed: 1,
  kernel: 3,
  images: 1,
  batch: 2,
  height: 16,
  width: 64,
  steps: 2,
  fireRate: 1,
  stats: "slice",
  masked: true,
};

Deno.test("checkSources() leaves no access to memory unchecked", () => {
  const sources = new Map([
    ["a.ts", "v128.store(a, v128.load(b, 16)); memory.fill(a, 0, load<u32>(b)); Atomics.load(x)"],
  ]);
  assert.equal(
    checkSources(sources).get("a.ts"),
    'import { checked_v128_store, checked_v128_load, checked_memory_fill, checked_load } from "./checked";\n' +
      "checked_v128_store(a, checked_v128_load(b, 16)); " +
      "checked_memory_fill(a, 0, checked_load<u32>(b)); Atomics.load(x)",
  );
  for (const [name, source] of kernelSources(shape, { wide: true, checked: true })) {
    if (name === "checked.ts") continue;
    assert.doesNotMatch(source, /\b(v128|memory|atomic)\.(load|store|fill|copy|add)/, name);
    assert.doesNotMatch(source, /\b(load|store)</, name);
  }
});

Deno.test("a checked build names each part of the table that is a number too short", async () => {
  const engine = await createWasmEngine({ shape, threads: 1, checked: true });
  const ranges = Allocation.prototype.ranges;
  // Of equal records the last one.
  const names = new Map<string, string>();
  let short = "";
  Allocation.prototype.ranges = function () {
    return ranges.call(this).map((range) => {
      names.set(range.name.replace(/\[\d+\]/, ""), range.name);
      return range.name === short ? { ...range, end: range.end - 4 } : range;
    });
  };
  try {
    runRandom(engine, FULL);
    const unseen: string[] = [];
    for (const [part, name] of [...names]) {
      short = name;
      try {
        runRandom(engine, FULL);
        unseen.push(part);
      } catch (error) {
        const { message } = (error as Error).cause as Error;
        assert(message.includes(` ${short}, which has `), `${short}: ${message}`);
      }
    }
    // The words of the barrier are checked by name, the job's fields by the compiler, and the list
    // ends with half of an entry. All else is used to its last number.
    const known = /^(control|sync)\.|^job\.all$|^scratch\.list$/;
    assert.deepEqual(unseen, [...names.keys()].filter((part) => known.test(part)));
    assert.equal(names.size - unseen.length, 42);
  } finally {
    Allocation.prototype.ranges = ranges;
    engine.dispose();
  }
});

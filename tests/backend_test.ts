import * as tf from "@tensorflow/tfjs";
import assert from "node:assert/strict";
import { BACKEND_VARIABLE, type BackendOptions, BACKENDS, initBackend } from "../lib/backend.ts";
import { MedNca } from "../lib/nca/mod.ts";
import { rolloutEngine, setRolloutEngine } from "../lib/rollout/rollout.ts";
import { InputError } from "../lib/support/errors.ts";
import { Random } from "../lib/support/random.ts";
import { largestDifference } from "./fixtures/parity.ts";

/** Runs with a backend, and leaves the engine and the environment as they were. */
async function withBackend<T>(
  options: BackendOptions,
  run: (name: string, description: string) => T,
  variable?: string,
): Promise<T> {
  const [engine, before] = [rolloutEngine(), Deno.env.get(BACKEND_VARIABLE)];
  if (variable === undefined) Deno.env.delete(BACKEND_VARIABLE);
  else Deno.env.set(BACKEND_VARIABLE, variable);
  try {
    const backend = await initBackend(options);
    try {
      assert.equal(rolloutEngine().name, backend.name);
      return run(backend.name, backend.describe());
    } finally {
      backend.dispose();
    }
  } finally {
    setRolloutEngine(engine);
    if (before === undefined) Deno.env.delete(BACKEND_VARIABLE);
    else Deno.env.set(BACKEND_VARIABLE, before);
  }
}

const nameOf = (options: BackendOptions, variable?: string) =>
  withBackend(options, (name) => name, variable);

Deno.test("initBackend() takes what is asked for, and by itself what the machine has", async () => {
  for (const backend of ["ops", "wasm"]) assert.equal(await nameOf({ backend }), backend);
  const names: readonly string[] = BACKENDS.filter((name) => name !== "auto");
  for (const channels of [16, 12]) assert(names.includes(await nameOf({ channels })));
  // Plain ops run shapes that the fused kernels cannot.
  assert.notEqual(await nameOf({ channels: 12 }), "wasm");
});

Deno.test("the environment variable chooses where no option does", async () => {
  assert.equal(await nameOf({}, "ops"), "ops");
  assert.equal(await nameOf({ backend: "wasm" }, "ops"), "wasm");
});

Deno.test("initBackend() names the nearest backend for an unknown one", async () => {
  await assert.rejects(nameOf({ backend: "wsam" }), (error) => {
    assert(error instanceof InputError);
    assert(error.message.includes(`wsam is not one of ${BACKENDS.join(", ")}`));
    assert.equal(error.hint, "Did you mean wasm?");
    return true;
  });
  await assert.rejects(nameOf({}, "cuda"), /cuda is not one of/);
});

Deno.test("asking wasm for a model it cannot run is an error that says what to do", async () => {
  await assert.rejects(nameOf({ backend: "wasm", channels: 12 }), (error) => {
    assert(error instanceof InputError);
    assert.match(error.message, /multiples of 8, got 12 and 64/);
    assert.match(error.hint, /--backend ops/);
    return true;
  });
});

Deno.test("describe() names the backend and its threads", async () => {
  const description = await withBackend({ backend: "wasm", threads: 2 }, (_, text) => text);
  assert.match(description, /^wasm: .*2 thread/);
});

Deno.test("wasm gives the logits of ops, with the same bits on any number of threads", async () => {
  const random = new Random(1);
  const values = Float32Array.from({ length: 2 * 32 * 40 }, () => random.uniform());
  const logits = (backend: string, threads: number) =>
    withBackend({ backend, threads }, () => {
      const model = new MedNca({ steps: [10, 5] }, { seed: 3 });
      const result = tf.tidy(() =>
        model.forward(tf.tensor4d(values, [2, 32, 40, 1]), { seeds: [1, 2] }).dataSync()
      );
      model.dispose();
      return result;
    });
  const ops = await logits("ops", 1);
  const wasm = await logits("wasm", 1);
  assert(ops.some((x) => Math.abs(x) > 0.1));
  assert(largestDifference(wasm, ops) < 1e-5, String(largestDifference(wasm, ops)));
  assert.deepEqual(await logits("wasm", 2), wasm, "the number of threads changes the bits");
});

import * as tf from "@tensorflow/tfjs";
import assert from "node:assert/strict";
import {
  BACKEND_VARIABLE,
  type BackendOptions,
  BACKENDS,
  chooseBackend,
  initBackend,
  quietenMesa,
} from "../lib/backend.ts";
import { MedNca } from "../lib/nca/mod.ts";
import { rolloutEngine, setRolloutEngine } from "../lib/rollout/rollout.ts";
import { findHardware } from "../lib/rollout/webgpu/adapter.ts";
import { InputError } from "../lib/support/errors.ts";
import { Random } from "../lib/support/random.ts";
import { findTensorflow } from "../lib/tensorflow_backend.ts";
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

const TUTORIAL = { channels: 16, hidden: 64 };
quietenMesa();

/** What `chooseBackend` takes on a machine, and what it looked at on the way. */
async function choice(asked: string, [webgpu, tensorflow, wasm]: [boolean, boolean, boolean]) {
  const looked: string[] = [];
  const look = (name: string, answer: boolean) => () => {
    looked.push(name);
    return Promise.resolve(answer);
  };
  const name = await chooseBackend(asked, {
    webgpu: look("webgpu", webgpu),
    tensorflow: look("tensorflow", tensorflow),
    wasm,
  });
  return [name, ...looked].join(" ");
}

Deno.test("chooseBackend() takes the fastest that there is for auto, and looks no further", async () => {
  const [yes, no] = [true, false];
  assert.equal(await choice("auto", [yes, yes, yes]), "webgpu webgpu");
  assert.equal(await choice("auto", [yes, no, no]), "webgpu webgpu");
  assert.equal(await choice("auto", [no, yes, yes]), "tensorflow webgpu tensorflow");
  assert.equal(await choice("auto", [no, no, yes]), "wasm webgpu tensorflow");
  assert.equal(await choice("auto", [no, no, no]), "ops webgpu tensorflow");
});

Deno.test("chooseBackend() takes what is asked for, whatever there is", async () => {
  for (const name of ["wasm", "ops", "webgpu", "tensorflow"]) {
    for (const there of [true, false]) {
      assert.equal(await choice(name, [there, there, there]), name);
    }
  }
});

Deno.test("initBackend() runs on what is asked for", async () => {
  for (const backend of ["ops", "wasm"]) assert.equal(await nameOf({ backend }), backend);
});

Deno.test({
  name:
    "initBackend() takes wasm, or ops for models without kernels (needs a machine without a GPU)",
  ignore: findTensorflow() !== undefined || await findHardware(TUTORIAL) !== null,
  fn: async () => {
    assert.equal(await nameOf({}), "wasm");
    assert.equal(await nameOf({ backend: "auto" }), "wasm");
    assert.equal(await nameOf({}, "auto"), "wasm");
    assert.equal(await nameOf({ channels: 12 }), "ops");
    assert.equal(await nameOf({ hidden: 12 }), "ops");
  },
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

import { join } from "@std/path";
import * as tf from "@tensorflow/tfjs";
import assert from "node:assert/strict";
import {
  decodeSafetensors,
  encodeSafetensors,
  loadWeights,
  MedNca,
  readWeights,
  saveWeights,
  type StoredTensor,
  WEIGHT_FILES,
} from "../../lib/nca/mod.ts";
import { OpsEngine } from "../../lib/rollout/ops/ops_engine.ts";
import { setRolloutEngine } from "../../lib/rollout/rollout.ts";
import { InputError } from "../../lib/support/errors.ts";
import { Random } from "../../lib/support/random.ts";
import { findPython, runPython } from "../../tasks/support/python.ts";
import { largestDifference } from "../fixtures/parity.ts";

tf.enableProdMode();
await tf.setBackend("cpu");

const script = join(import.meta.dirname!, "with_pytorch.py");

const pytorch = await findPython("import torch, numpy");
const safetensors = await findPython("import safetensors, numpy");

/** Saves a model in a folder of its own for a test. */
async function withModel(
  model: MedNca,
  test: (folder: string, model: MedNca) => Promise<void>,
): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    await saveWeights(model, folder);
    await test(folder, model);
  } finally {
    model.dispose();
    await Deno.remove(folder, { recursive: true });
  }
}

/** Rewrites one weight file. */
async function edit(
  folder: string,
  stage: 0 | 1,
  change: (tensors: Map<string, StoredTensor>, metadata: Record<string, string>) => void,
): Promise<void> {
  const path = join(folder, WEIGHT_FILES[stage]);
  const { tensors, metadata } = decodeSafetensors(await Deno.readFile(path), path);
  change(tensors, metadata);
  await Deno.writeFile(path, encodeSafetensors(tensors, metadata));
}

async function assertRefused(folder: string, reason: RegExp, config = {}): Promise<void> {
  await assert.rejects(loadWeights(folder, config), (error) => {
    assert(error instanceof InputError);
    assert.match(error.message, reason);
    assert(error.path?.startsWith(folder));
    return true;
  });
}

Deno.test("a saved model is loaded with the same bits and its configuration", async () => {
  const seen = { neighbours: 1, imageChannels: 6 };
  const config = { ...seen, steps: [5, 2], fireRate: 0.7, stats: "batch" } as const;
  await withModel(new MedNca(config, { seed: 9 }), async (folder, model) => {
    const loaded = await loadWeights(folder);
    assert.deepEqual(loaded.config, model.config);
    for (const [i, variable] of loaded.variables.entries()) {
      assert.deepEqual(variable.shape, model.variables[i]!.shape);
      assert.deepEqual(variable.dataSync(), model.variables[i]!.dataSync());
    }
    loaded.dispose();
  });
});

Deno.test("models of other shapes are saved and loaded too", async () => {
  const config = { channels: 8, hidden: 24, kernels: [5, 1] } as const;
  await withModel(new MedNca(config), async (folder) => {
    const loaded = await loadWeights(folder);
    assert.deepEqual(loaded.model1.variables.get("perception.weight")!.shape, [8, 1, 5, 5]);
    loaded.dispose();
  });
});

Deno.test("loadWeights() names every parameter that is not right", async () => {
  await withModel(new MedNca(), async (folder) => {
    await edit(folder, 1, (tensors) => {
      const wide = tensors.get("fc1.weight")!;
      tensors.set("fc1.weight", { ...wide, shape: [32, 64, 1, 1] });
      tensors.set("fc3.weight", wide);
      tensors.delete("bn.bias");
      tensors.set("bn.weight", { dtype: "I32", shape: [64], data: new Int32Array(64) });
      tensors.set("fc1.bias", {
        dtype: "F32",
        shape: [64],
        data: new Float32Array(64).fill(-Infinity),
      });
      tensors.set("fc2.bias", {
        dtype: "F32",
        shape: [15],
        data: new Float32Array(15).fill(NaN),
      });
    });
    for (
      const problem of [
        /fc1\.weight is \[32,64,1,1\] instead of \[64,32,1,1\]/,
        /bn\.bias is missing/,
        /bn\.weight is I32/,
        /fc1\.bias has infinite values/,
        /fc2\.bias has values that are not numbers \(NaN\)/,
        /fc3\.weight is unknown/,
      ]
    ) await assertRefused(folder, problem);
  });
});

Deno.test("loadWeights() takes F64, and passes over PyTorch's num_batches_tracked", async () => {
  await withModel(new MedNca(), async (folder) => {
    await edit(folder, 0, (tensors) => {
      // NumPy gives float32 3eaaaaab, 00000000, bf8ccccd and 4b800000 for these
      const data = new Float64Array(64);
      data.set([1 / 3, 1e-50, -1.1, 16777217]);
      tensors.set("bn.bias", { dtype: "F64", shape: [64], data });
      tensors.set("bn.num_batches_tracked", { dtype: "F64", shape: [], data: Float64Array.of(7) });
    });
    const { values: [coarse] } = await readWeights(folder);
    assert.equal(coarse.has("bn.num_batches_tracked"), false);
    assert.deepEqual([...new Uint32Array(coarse.get("bn.bias")!.buffer, 0, 4)], [
      0x3eaaaaab,
      0,
      0xbf8ccccd,
      0x4b800000,
    ]);
    await edit(folder, 0, (tensors) => {
      const data = new Float64Array(64).fill(1e39); // more than a float32 can be
      tensors.set("bn.bias", { dtype: "F64", shape: [64], data });
    });
    await assertRefused(folder, /bn\.bias has infinite values/);
  });
});

Deno.test("loadWeights() reads an I64 counter as PyTorch stores it", async () => {
  await withModel(new MedNca(), async (folder) => {
    const path = join(folder, WEIGHT_FILES[1]);
    const bytes = await Deno.readFile(path);
    const length = Number(new DataView(bytes.buffer).getBigUint64(0, true));
    const header = JSON.parse(new TextDecoder().decode(bytes.subarray(8, 8 + length)));
    const end = bytes.length - 8 - length;
    header["bn.num_batches_tracked"] = { dtype: "I64", shape: [], data_offsets: [end, end + 8] };
    const head = new TextEncoder().encode(JSON.stringify(header));
    const size = new Uint8Array(BigUint64Array.of(BigInt(head.length)).buffer);
    const counter = new Uint8Array(BigInt64Array.of(7n).buffer);
    await Deno.writeFile(
      path,
      Uint8Array.from([...size, ...head, ...bytes.subarray(8 + length), ...counter]),
    );
    (await loadWeights(folder)).dispose();
  });
});

Deno.test("loadWeights() names settings that differ", async () => {
  await withModel(new MedNca({ fireRate: 0.5 }), async (folder) => {
    await assertRefused(folder, /fireRate differs from the settings \(0\.5 and 1\)/, {
      fireRate: 1,
    });
    await edit(folder, 1, (_, metadata) => {
      metadata["med-nca"] = metadata["med-nca"]!.replace("[7,3]", "[5,3]");
    });
    await assertRefused(folder, /kernels differs from the two files \(7,3 and 5,3\)/);
    // Two image channels cannot be those of three slices
    const [before, after] = [
      '"neighbours":0,"imageChannels":1',
      '"neighbours":1,"imageChannels":2',
    ];
    await edit(folder, 1, (_, metadata) => {
      assert.ok(metadata["med-nca"]!.includes(before));
      metadata["med-nca"] = metadata["med-nca"]!.replace(before, after);
    });
    await assertRefused(folder, /configuration in the metadata is broken/);
    await edit(folder, 1, (_, metadata) => metadata["med-nca"] = '{"channels":"many"}');
    await assertRefused(folder, /configuration in the metadata is broken/);
  });
});

Deno.test("loadWeights() refuses swapped files and missing ones", async () => {
  await withModel(new MedNca(), async (folder) => {
    const [coarse, fine] = WEIGHT_FILES.map((name) => join(folder, name)) as [string, string];
    await Deno.copyFile(fine, coarse);
    await assertRefused(folder, /perception\.weight is \[16,1,3,3\] instead of \[16,1,7,7\]/);
    await Deno.remove(coarse);
    await assertRefused(folder, /no such file/);
  });
});

Deno.test("weights without a configuration take the one that is given", async () => {
  await withModel(new MedNca({ steps: [3, 2] }), async (folder) => {
    for (const stage of [0, 1] as const) {
      await edit(folder, stage, (_, metadata) => delete metadata["med-nca"]);
    }
    const loaded = await loadWeights(folder, { fireRate: 1 });
    assert.equal(loaded.config.fireRate, 1);
    assert.deepEqual(loaded.config.steps, [40, 20]);
    loaded.dispose();
  });
});

Deno.test({
  name: "the tutorial's model in PyTorch loads the weights with strict=True and gives the same " +
    "logits (needs Python with torch)",
  ignore: pytorch === undefined,
  fn: async () => {
    const model = new MedNca({ steps: [4, 3], fireRate: 1 }, { seed: 2 });
    await withModel(model, async (folder) => {
      const random = new Random(3);
      const image = Float32Array.from({ length: 256 }, () => random.uniform());
      await Deno.writeFile(join(folder, "image.bin"), new Uint8Array(image.buffer));
      await runPython(pytorch!, [script, "run", folder]);
      const bytes = await Deno.readFile(join(folder, "logits.bin"));
      setRolloutEngine(new OpsEngine());
      const logits = tf.tidy(() =>
        model.forward(tf.tensor4d(image, [1, 16, 16, 1]), { seeds: [0] }).dataSync()
      );
      assert(largestDifference(logits, new Float32Array(bytes.buffer)) < 1e-5);
      assert(logits.some((x) => Math.abs(x) > 0.1));
    });
  },
});

Deno.test({
  name: "the reference implementation of safetensors reads the weights (needs Python with " +
    "safetensors)",
  ignore: safetensors === undefined,
  fn: async () => {
    await withModel(new MedNca({}, { seed: 2 }), async (folder, model) => {
      const files: Record<string, [string, number[], number]>[] = JSON.parse(
        await runPython(safetensors!, [script, "list", folder]),
      );
      for (const [stage, nca] of [model.model1, model.model2].entries()) {
        assert.deepEqual(Object.keys(files[stage]!).sort(), [...nca.variables.keys()].sort());
        for (const [name, variable] of nca.variables) {
          const [dtype, shape, sum] = files[stage]![name]!;
          assert.deepEqual([dtype, shape], ["<f4", variable.shape], name);
          const expected = [...variable.dataSync()].reduce((a, b) => a + b, 0);
          assert(Math.abs(sum - expected) < 1e-9, name);
        }
      }
    });
  },
});

Deno.test({
  name: "loadWeights() reads what the reference implementation of safetensors wrote (needs " +
    "Python with safetensors)",
  ignore: safetensors === undefined,
  fn: async () => {
    const folder = await Deno.makeTempDir();
    try {
      await runPython(safetensors!, [script, "save", folder]);
      const model = await loadWeights(folder, { fireRate: 1 });
      for (const [nca, k] of [[model.model1, 7], [model.model2, 3]] as const) {
        for (const [name, variable] of nca.variables) {
          variable.dataSync().forEach((x, i) => assert(Math.abs(x - (i / 100 + k)) < 1e-5, name));
        }
      }
      model.dispose();
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  },
});

Deno.test("weights that are not finite are not saved, in neither file", () =>
  withModel(new MedNca({ channels: 6, hidden: 8 }), async (folder, model) => {
    const read = () => Promise.all(WEIGHT_FILES.map((name) => Deno.readFile(join(folder, name))));
    const before = await read();
    for (const bad of [NaN, Infinity]) {
      const last = model.variables.at(-1)!; // of the second file
      last.assign(tf.fill(last.shape, bad));
      await assert.rejects(saveWeights(model, folder), RangeError);
      assert.deepEqual(await read(), before);
    }
  }));

Deno.test("two files of different steps are refused", () =>
  withModel(new MedNca({ channels: 6, hidden: 8 }, { seed: 1 }), async (folder) => {
    const old = await Deno.readFile(join(folder, WEIGHT_FILES[1]));
    const model = new MedNca({ channels: 6, hidden: 8 }, { seed: 2 });
    await saveWeights(model, folder);
    model.dispose();
    (await loadWeights(folder)).dispose();
    await Deno.writeFile(join(folder, WEIGHT_FILES[1]), old);
    await assertRefused(folder, /the two files are of different steps/);
    await edit(folder, 0, (_, metadata) => delete metadata["med-nca-pair"]); // as PyTorch saves it
    (await loadWeights(folder)).dispose();
  }));

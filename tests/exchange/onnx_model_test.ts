import * as ort from "onnxruntime-web/wasm";
import * as tf from "@tensorflow/tfjs";
import assert from "node:assert/strict";
import { initBackend } from "../../lib/backend.ts";
import { GraphBuilder } from "../../lib/exchange/graph_builder.ts";
import { onnxFireMask } from "../../lib/exchange/onnx_fire_mask.ts";
import { encodeOnnx, onnxValue } from "../../lib/exchange/onnx_messages.ts";
import { encodeOnnxModel } from "../../lib/exchange/onnx_model.ts";
import { cellSeeds } from "../../lib/nca/cell_seeds.ts";
import { MedNca } from "../../lib/nca/med_nca.ts";
import type { MedNcaConfig } from "../../lib/nca/med_nca_config.ts";
import { type ModelWeights, readWeights } from "../../lib/nca/weights.ts";
import { fireMask, fireThreshold } from "../../lib/rollout/fire_mask.ts";
import {
  sliceGeometry,
  toModelGrid,
  toOriginalGrid,
  wholePlane,
} from "../../lib/slices/geometry.ts";
import type { ModelInputs } from "../../lib/slices/model_inputs.ts";
import { Random } from "../../lib/support/random.ts";
import { readModelSettings } from "../../lib/training/run_folder.ts";
import { largestDifference } from "../fixtures/parity.ts";

ort.env.wasm.numThreads = 1;
tf.enableProdMode();

const HIPPOCAMPUS = new URL("../../models/hippocampus", import.meta.url).pathname;
const hippocampus = {
  weights: await readWeights(HIPPOCAMPUS),
  inputs: (await readModelSettings(HIPPOCAMPUS)).slices,
};

const int64 = (values: readonly number[], shape: readonly number[]) =>
  new ort.Tensor("int64", BigInt64Array.from(values, BigInt), shape);

/** Weights that were not trained, but differ in every tensor, batch norm's too. */
function randomWeights(given: Partial<MedNcaConfig>, seed: number): ModelWeights {
  const model = new MedNca(given, { seed });
  const random = new Random(seed);
  const values = [model.model1, model.model2].map((nca) =>
    new Map(
      [...nca.variables].map(([name, variable]) => [
        name,
        variable.dataSync<"float32">().map((x) => x + 0.2 * random.normal()),
      ]),
    )
  );
  model.dispose();
  return { config: model.config, values: [values[0]!, values[1]!] };
}

/** What this program says of slices of any size: on the model's grid, and back. */
function ourLogits(
  { config, values }: ModelWeights,
  grid: ModelInputs,
  slices: readonly Float32Array[],
  [height, width]: readonly [number, number],
  seeds: readonly number[],
): Float32Array {
  const { imageChannels: channels, classes } = config;
  const extent = { height, width, crop: wholePlane(height, width), spacing: null };
  const geometry = sliceGeometry(extent, grid);
  const [h, w] = geometry.size;
  const model = new MedNca(config, { values });
  const logits = tf.tidy(() => {
    const images = slices.map((data) =>
      tf.tensor(toModelGrid({ data, height, width, channels }, geometry).data, [channels, h, w])
        .transpose([1, 2, 0]).as4D(1, h, w, channels)
    );
    const result = model.forward(tf.concat(images), { seeds, stats: "slice" });
    return result.transpose([0, 3, 1, 2]).dataSync<"float32">();
  });
  model.dispose();
  const each = classes * h * w;
  return Float32Array.from(
    slices.flatMap((_, i) => [
      ...toOriginalGrid(logits.subarray(i * each, (i + 1) * each), geometry, -100),
    ]),
  );
}

const MODELS: [name: string, backend: "wasm" | "ops", ModelWeights, ModelInputs][] = [
  ["a trained model on a grid of its own", "wasm", hippocampus.weights, hippocampus.inputs],
  [
    "three classes, two channels, batch statistics while training, larger slices",
    "ops",
    randomWeights({
      ...{ channels: 8, hidden: 12, kernels: [5, 3], steps: [6, 4], fireRate: 0.3 },
      ...{ imageChannels: 2, classes: 3, stats: "batch" },
    }, 3),
    { ...hippocampus.inputs, size: "pad", smallest: [28, 16] },
  ],
];

for (const [name, backend, weights, inputs] of MODELS) {
  Deno.test(`encodeOnnxModel: onnxruntime-web gives our logits for ${name}`, async () => {
    using stack = new DisposableStack();
    stack.adopt(await initBackend({ backend }), (b) => b.dispose());
    const session = await ort.InferenceSession.create(encodeOnnxModel(weights, inputs));
    const { imageChannels: n, classes } = weights.config;
    for (const [height, width] of [[36, 40], [21, 30], [45, 50]] as const) {
      const random = new Random(height);
      const slices = [0, 1].map(() =>
        Float32Array.from({ length: n * height * width }, () => random.uniform())
      );
      for (let seed = 0; seed < 10; seed++) {
        const runSeed = seed * 0x1fffffff; // up to the largest integers of 32 bits
        const { logits } = await session.run({
          image: new ort.Tensor("float32", slices.flatMap((s) => [...s]), [2, n, height, width]),
          seed: int64([runSeed], []),
          index: int64([seed, 700 - seed], [2]),
        });
        assert.deepEqual(logits!.dims, [2, classes, height, width]);
        const seeds = cellSeeds(runSeed, [seed, 700 - seed]);
        const ours = ourLogits(weights, inputs, slices, [height, width], seeds);
        const difference = largestDifference(logits!.data as Float32Array, ours);
        assert.ok(difference < 1e-4, `${height}×${width}, seed ${seed}: ${difference}`);
      }
    }
    await session.release();
  });
}

Deno.test("encodeOnnxModel: our logits are those of the file in onnxruntime 1.32 for Python", async () => {
  using stack = new DisposableStack();
  stack.adopt(await initBackend({ backend: "wasm" }), (b) => b.dispose());
  const [height, width] = [33, 45];
  const image = Float32Array.from({ length: height * width }, (_, i) => {
    const [y, x] = [Math.floor(i / width), i % width];
    return (7 * x + 13 * y) % 32 / 32;
  });
  const { weights, inputs } = hippocampus;
  const logits = ourLogits(weights, inputs, [image], [height, width], cellSeeds(3, [2]));
  const stored = [[0, 0, -100], [5, 30, -13.87848], [16, 20, -9.14029], [32, 42, -12.43604]];
  for (const [y, x, value] of [...stored, [20, 11, -7.80458]] as [number, number, number][]) {
    assert.ok(Math.abs(logits[y * width + x]! - value) < 1e-4, `${y}, ${x}`);
  }
});

Deno.test("onnxFireMask: the bits are those of fireMask", async () => {
  for (const fireRate of [0.5, 0.13, 1]) {
    const graph = new GraphBuilder();
    const threshold = fireThreshold(fireRate);
    const mask = onnxFireMask(graph, { seeds: "seeds", step: "step", cells: "cells", threshold });
    const session = await ort.InferenceSession.create(encodeOnnx({
      irVersion: 8,
      producerName: "test",
      docString: "",
      opsetImport: [{ domain: "", version: 18 }],
      metadataProps: [],
      graph: {
        name: "mask",
        node: graph.nodes,
        initializer: graph.tensors,
        input: [
          onnxValue("seeds", "int64", ["slices"]),
          onnxValue("step", "int64", []),
          onnxValue("cells", "int64", ["cells"]),
        ],
        output: [onnxValue(mask, "bool", ["slices", "cells"])],
      },
    }));
    const [seeds, cells] = [[0, 1, 0x80000000, 2 ** 32 - 1], 5000];
    for (const step of [0, 39]) {
      const { [mask]: found } = await session.run({
        seeds: int64(seeds, [seeds.length]),
        step: int64([step], []),
        cells: int64([...Array(cells).keys()], [cells]),
      });
      const ours = seeds.flatMap((seed) => [...fireMask({ seed, step, cells, fireRate })]);
      assert.deepEqual([...found!.data as Uint8Array], ours);
    }
    await session.release();
  }
});

/**
 * Our side of the benchmark, in its own process: requests in, answers out, like `torch_side.py`.
 *
 * @module
 */

import process from "node:process";
import { createInterface } from "node:readline";
import * as tf from "@tensorflow/tfjs";
import { initBackend } from "../../lib/backend.ts";
import { decodeSafetensors } from "../../lib/nca/safetensors.ts";
import { loadWeights } from "../../lib/nca/weights.ts";
import { Adam } from "../../lib/training/adam.ts";
import { segmentationLoss } from "../../lib/losses/segmentation_loss.ts";
import { batchTensors, lossGradients } from "../../lib/training/loss_gradients.ts";
import { trackGpu } from "./gpu_usage.ts";
import { peakMegabytes } from "./memory.ts";

/** What a side is set up with. */
export interface SetUp {
  threads: number;
  backend: string;
  /** The folder of the weights. */
  folder: string;
  /** The weight files, coarse and fine. */
  weights: string[];
  /** A safetensors file with images and labels [B, 1, H, W]. */
  batch: string;
  seeds: number[];
  /** For the masks of each stage: keys [steps][B]. */
  keys: number[][][];
  threshold: number;
  /** Where PyTorch runs; by default on the CPU. */
  device?: "cuda";
  /** Where to write the logits of the first inference, as float32. */
  logits: string;
}

async function open({ threads, backend, folder, batch, seeds, logits }: SetUp) {
  const usage = backend === "webgpu" ? trackGpu() : undefined;
  await initBackend({ backend, threads });
  const model = await loadWeights(folder);
  const { tensors } = decodeSafetensors(await Deno.readFile(batch), batch);
  const [size, , height, width] = tensors.get("images")!.shape as [number, number, number, number];
  const images = tensors.get("images")!.data as Float32Array;
  const labels = tensors.get("labels")!.data as Float32Array;
  const adam = new Adam(model.variables, { betas: [0.9, 0.999], eps: 1e-8 });
  const shape = { size, height, width, channels: 1, classes: 1 };
  const data = { images, labels, keep: null, ...shape, records: [] };
  // Reading waits for the device, which may run behind.
  const read = async (tensor: tf.Tensor) => {
    const values = await tensor.data<"float32">();
    tensor.dispose();
    return values;
  };
  // Steps are handed over one after the other, and the last one's result is waited for.
  const repeat = (step: () => tf.Tensor) => async (times: number) => {
    for (let i = 1; i < times; i++) step().dispose();
    const start = performance.now();
    usage?.reset();
    const last = step();
    usage?.handedOver((performance.now() - start) / 1000);
    return await read(last);
  };
  const infer = repeat(() =>
    tf.tidy(() => model.forward(tf.tensor4d(images, [size, height, width, 1]), { seeds }))
  );
  const first = await infer(1);
  await Deno.writeFile(logits, new Uint8Array(first.buffer, first.byteOffset, first.byteLength));
  return {
    inference: infer,
    train: repeat(() =>
      tf.tidy(() => {
        const { images, labels } = batchTensors(data);
        const { gradients, losses } = lossGradients(
          model,
          () => segmentationLoss(model.forward(images, { seeds }), labels),
        );
        adam.apply(gradients, 1e-4);
        return losses;
      })
    ),
    usage,
  };
}

let side: Awaited<ReturnType<typeof open>> | undefined;
for await (const line of createInterface({ input: process.stdin })) {
  const request = JSON.parse(line) as {
    set_up?: SetUp;
    run?: "train" | "inference";
    times: number;
  };
  let answer: Record<string, number> = {};
  if (request.set_up) side = await open(request.set_up);
  else if (request.run) {
    const start = performance.now();
    await side![request.run](request.times);
    answer = { seconds: (performance.now() - start) / 1000 / request.times };
  } else answer = { megabytes: await peakMegabytes(), ...side!.usage?.answer() };
  console.log(JSON.stringify(answer));
}

import { join } from "@std/path";
import { SliceDataset } from "../../../lib/slices/slice_dataset.ts";
import { extractSlices } from "../../../lib/slices/extract_slices.ts";
import { Random } from "../../../lib/support/random.ts";
import { createVolume } from "../../../lib/volume/create_volume.ts";
import { writeVolume } from "../../../lib/volume/write_volume.ts";
import type { ConfigOverrides } from "../../../lib/training/config.ts";

/** A model and a training of some milliseconds a step, also for wasm: multiples of 8. */
export const TINY: ConfigOverrides = {
  channels: 8,
  hidden: 8,
  kernels: [3, 3],
  steps: [3, 2],
  epochs: 3,
  batchSize: 2,
  learningRate: 1e-2,
  seed: 5,
};

/** Writes volumes of noise with a bright ball in the folder pair images and labels. */
export async function writeTinyVolumes(
  folder: string,
  options: { cases?: number; size?: number; slices?: number } = {},
): Promise<void> {
  const { cases = 4, size = 16, slices = 3 } = options;
  for (let number = 0; number < cases; number++) {
    const random = new Random(number);
    const centre = [0, 1].map(() => size * (0.35 + 0.3 * random.uniform()));
    const image = new Float32Array(size * size * slices);
    const label = new Uint8Array(image.length);
    for (let i = 0; i < image.length; i++) {
      const [x, y] = [i % size, Math.floor(i / size) % size];
      label[i] = Math.hypot(x - centre[0]!, y - centre[1]!) < size / 4 ? 1 : 0;
      image[i] = label[i]! + 0.3 * random.uniform();
    }
    const like = createVolume({ data: image, shape: [size, size, slices], spacing: [1, 1, 3] });
    await writeVolume(join(folder, "images", `case_${number}.nii.gz`), { data: image, like });
    await writeVolume(join(folder, "labels", `case_${number}.nii.gz`), { data: label, like });
  }
}

/** Runs a test with a data set of four tiny cases, three of them to train on. */
export async function withTinyData(
  use: (tiny: {
    train: SliceDataset;
    validation: SliceDataset;
    prepared: string;
    folder: string;
  }) => Promise<void>,
): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    await writeTinyVolumes(join(folder, "data"));
    const prepared = join(folder, "prepared");
    await extractSlices({ data: join(folder, "data"), out: prepared });
    const train = await SliceDataset.open(prepared, { cases: ["case_0", "case_1", "case_2"] });
    const validation = await SliceDataset.open(prepared, { cases: ["case_3"] });
    await use({ train, validation, prepared, folder });
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

import { join } from "@std/path";
import { createVolume, writeVolume } from "../../../lib/volume/mod.ts";
import { Random } from "../../../lib/support/random.ts";

export { inFolder } from "../../support/in_folder.ts";

/** A case to write; what is left out is plain and valid. */
export interface TestCase {
  readonly id: string;
  readonly shape?: readonly number[];
  readonly labelShape?: readonly number[];
  readonly spacing?: readonly [number, number, number];
  readonly labelSpacing?: readonly [number, number, number];
  /** The image's value of a voxel; random by default. */
  readonly image?: (i: number) => number;
  /** The label's value of a voxel; 0, 1, 2 in turn by default; null writes no label. */
  readonly label?: ((i: number) => number) | null;
}

/** Writes volumes into `imagesTr` and `labelsTr`. */
export async function writeDataSet(folder: string, cases: readonly TestCase[]): Promise<void> {
  for (const name of ["imagesTr", "labelsTr"]) {
    await Deno.mkdir(join(folder, name), { recursive: true });
  }
  const random = new Random(3);
  for (const test of cases) {
    const { id, shape = [6, 5, 3], spacing = [1, 1, 2] } = test;
    const { image = () => random.uniform() * 100, label = (i: number) => i % 3 } = test;
    await write(join(folder, "imagesTr", `${id}.nii`), shape, spacing, image);
    if (label === null) continue;
    const labelShape = test.labelShape ?? shape.slice(0, 3);
    await write(
      join(folder, "labelsTr", `${id}.nii`),
      labelShape,
      test.labelSpacing ?? spacing,
      label,
    );
  }
}

async function write(
  path: string,
  shape: readonly number[],
  spacing: readonly [number, number, number],
  value: (i: number) => number,
): Promise<void> {
  const length = shape.reduce((a, b) => a * b);
  const data = Float32Array.from({ length }, (_, i) => value(i));
  await writeVolume(path, { data, like: createVolume({ data, shape, spacing }) });
}

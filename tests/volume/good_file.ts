import { join } from "@std/path";
import { createVolume, writeVolume } from "../../lib/volume/mod.ts";

/** The shape of {@linkcode goodFile}. */
export const SHAPE = [4, 3, 2];
/** Its values. */
export const VALUES = Int16Array.from({ length: 24 }, (_, i) => i * 100 - 1000);

/** The bytes of a good NIfTI-1 file, int16, little-endian. */
export async function goodFile(folder: string): Promise<Uint8Array<ArrayBuffer>> {
  const like = createVolume({
    data: new Float32Array(24),
    shape: SHAPE,
    spacing: [0.5, 0.625, 3],
    affine: [[0.5, 0, 0, -10], [0, 0.625, 0, 20], [0, 0, 3, 7], [0, 0, 0, 1]],
  });
  const path = join(folder, "good.nii");
  await writeVolume(path, { data: VALUES, like });
  return await Deno.readFile(path);
}

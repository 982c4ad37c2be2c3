import { join } from "@std/path";
import { createVolume, type Volume, writeVolume } from "../../lib/volume/mod.ts";

export { inFolder } from "../support/in_folder.ts";

/** A model's settings that make it fast: few steps. */
export const QUICK = { steps: [2, 1] as const };

/** A volume with a bright ball, and the ball as its label. */
export function ball(
  shape: readonly [number, number, number],
  options: { radius?: number; spacing?: readonly [number, number, number] } = {},
): { image: Volume; label: Uint8Array } {
  const [nx, ny, nz] = shape;
  const { radius = Math.min(...shape) / 3, spacing = [1, 1, 1] } = options;
  const label = Uint8Array.from({ length: nx * ny * nz }, (_, i) => {
    const [x, y, z] = [i % nx, Math.floor(i / nx) % ny, Math.floor(i / nx / ny)];
    return Math.hypot(x - nx / 2, y - ny / 2, z - nz / 2) <= radius ? 1 : 0;
  });
  const data = Float32Array.from(label, (value, i) => 100 * value + i % 7);
  return { image: createVolume({ data, shape, spacing }), label };
}

/** Writes a data folder of volumes `case_0` and on; returns its path. */
export async function writeData(
  folder: string,
  shapes: readonly (readonly [number, number, number])[],
  options: { radius?: number } = {},
): Promise<string> {
  const data = join(folder, "data");
  for (const [i, shape] of shapes.entries()) {
    const { image, label } = ball(shape, { spacing: [0.5, 0.75, 3], ...options });
    const name = `case_${i}.nii.gz`;
    await writeVolume(join(data, "images", name), { data: image.data, like: image });
    await writeVolume(join(data, "labels", name), { data: label, like: image });
  }
  return data;
}

/**
 * Runs a Python script with a text on its standard input.
 *
 * @returns What it prints; `undefined` where there is no Python, or the script fails.
 */
export async function python(
  script: string,
  input: string,
  ...args: string[]
): Promise<string | undefined> {
  try {
    const child = new Deno.Command("python3", {
      args: ["-c", script, ...args],
      stdin: "piped",
      stdout: "piped",
      stderr: "null",
    }).spawn();
    const writer = child.stdin.getWriter();
    await writer.write(new TextEncoder().encode(input)).catch(() => {});
    await writer.close().catch(() => {});
    const { success, stdout } = await child.output();
    return success ? new TextDecoder().decode(stdout) : undefined;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound || error instanceof Deno.errors.NotCapable) {
      return undefined;
    }
    throw error;
  }
}

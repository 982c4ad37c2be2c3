import { InputError } from "../support/errors.ts";
import { inPool } from "../support/in_pool.ts";
import type { Manifest } from "./manifest.ts";
import { readSample } from "./read_sample.ts";

/** Slices read at the same time. */
const READERS = 8;

/**
 * Reads every slice of a prepared folder.
 *
 * @returns The problem of the first slice that is missing, truncated, of another size or not
 * finite; null if all are sound.
 */
export async function findDamage(folder: string, manifest: Manifest): Promise<string | null> {
  let damage: string | null = null;
  await inPool(manifest.slices, READERS, async (record) => {
    if (damage !== null) return;
    try {
      await readSample(folder, manifest, record);
    } catch (error) {
      if (!(error instanceof InputError)) throw error;
      damage ??= error.message;
    }
  });
  return damage;
}

/**
 * Looking prepared slices over before they are used again.
 *
 * @module
 */

import { InputError } from "../support/errors.ts";
import { inPool } from "../support/in_pool.ts";
import type { Manifest } from "./manifest.ts";
import { readSample } from "./read_sample.ts";

/** So many slices are read at once. */
const READERS = 8;

/**
 * Reads every slice of a prepared folder.
 *
 * @returns What is wrong with the first that is missing, short, of another size, or holds values
 * that are not finite; null where none is.
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

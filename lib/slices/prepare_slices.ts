/**
 * Slices prepared once and used again.
 *
 * @module
 */

import {
  extract,
  type ExtractOptions,
  extractSettings,
  planExtraction,
  planText,
  type PreparedSlices,
} from "./extract_slices.ts";
import { readManifest } from "./manifest.ts";
import { claimFolder } from "./prepared_folder.ts";

/**
 * Prepares slices as {@linkcode extractSlices} does, unless the folder holds them already, made
 * with the same options from the same files (by name, size and time of change).
 *
 * @throws {InputError} As `extractSlices` does.
 */
export async function prepareSlices(options: ExtractOptions): Promise<PreparedSlices> {
  const settings = extractSettings(options);
  const plan = await planExtraction(options.data);
  const wanted = planText(settings, plan);
  const reuse = async (): Promise<PreparedSlices | undefined> => {
    const manifest = await readManifest(options.out).catch(() => undefined);
    if (manifest === undefined) return undefined;
    return planText(manifest.options, manifest) === wanted
      ? { folder: options.out, reused: true, manifest }
      : undefined;
  };
  return await reuse() ??
    await claimFolder(options, wanted, () => extract(options, settings, plan), reuse);
}

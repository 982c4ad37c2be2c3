/**
 * The files that the page includes.
 *
 * @module
 */

import { loadFile } from "./load_file.ts";
import type { Files } from "./model_files.ts";

/** The file that lists them. */
export const SITE_FILE = "site.json";

/** The file with niivue, compressed. */
export const VIEWER_FILE = "niivue.packed";

/** What {@linkcode SITE_FILE} holds: names of files, relative to the page. */
export interface SiteFiles {
  readonly model: readonly string[];
  readonly cases: readonly { readonly id: string; readonly files: readonly string[] }[];
}

/** The files that the page includes. */
export interface Site {
  readonly model: () => Promise<Files>;
  readonly cases: readonly { readonly id: string; readonly files: () => Promise<Files> }[];
}

/** Reads the list of included files; each is fetched on demand. */
export async function readSite(base: string): Promise<Site> {
  const get = (path: string) => loadFile(new URL(path, base));
  const { model, cases }: SiteFiles = await (await get(SITE_FILE)).json();
  const load = async (paths: readonly string[]): Promise<Files> =>
    new Map(
      await Promise.all(paths.map(async (path) => {
        const bytes = new Uint8Array(await (await get(path)).arrayBuffer());
        return [path.slice(path.lastIndexOf("/") + 1), bytes] as const;
      })),
    );
  return {
    model: () => load(model),
    cases: cases.map(({ id, files }) => ({ id, files: () => load(files) })),
  };
}

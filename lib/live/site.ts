/**
 * The files that the page includes.
 *
 * @module
 */

import type { Files } from "./model_files.ts";

/** The file that lists them. */
export const SITE_FILE = "site.json";

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
  const get = async (path: string) => {
    const response = await fetch(new URL(path, base));
    if (!response.ok) {
      throw new Error(`Cannot load ${path}: the server answered ${response.status}`);
    }
    return response;
  };
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

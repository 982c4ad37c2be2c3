import { basename, join } from "@std/path";
import {
  type ForeignFormat,
  formatOfContent,
  formatOfName,
  standIn,
} from "../../support/foreign_format.ts";
import { inPool } from "../../support/in_pool.ts";
import { asWarning, type Problem } from "./case_source.ts";

/** Files read at the same time. */
const AT_ONCE = 32;

/**
 * Finds images in unsupported formats: by their names, or by their first bytes if a name has no
 * extension, as with many DICOM files.
 *
 * @param folder The folder that paths are relative to.
 * @returns A warning for each, in the order of the paths; nothing for all other files.
 */
export async function otherFormats(folder: string, paths: readonly string[]): Promise<Problem[]> {
  const formats = new Map<string, ForeignFormat | null>();
  await inPool(paths, AT_ONCE, async (path) => {
    const hasEnding = basename(path).includes(".");
    formats.set(path, hasEnding ? formatOfName(path) : await contentOf(join(folder, path)));
  });
  return paths.flatMap((path): Problem[] => {
    const known = formats.get(path);
    if (known === null || known === undefined) return [];
    const { format, hint } = known;
    return [{ ...asWarning(`ignored: it is ${format}`, hint), case: path }];
  });
}

async function contentOf(path: string): Promise<ForeignFormat | null> {
  const { isFile = false } = await Deno.stat(path).catch(() => ({ isFile: false }));
  if (!isFile) return null;
  using file = await Deno.open(path);
  const start = new Uint8Array(512);
  const bytes = start.subarray(0, await file.read(start) ?? 0);
  return standIn(bytes) === null ? formatOfContent(bytes) : null; // no image has this name
}

import { join } from "@std/path";
import { MODEL_FILES, POSTPROCESS_FILE } from "../../../lib/live/model_files.ts";

export const ROOT = join(import.meta.dirname!, "../../..");

/** The model that the page opens with. */
export const EXAMPLE = join(ROOT, "models/example");

/** A model with two classes. */
export const PARTS = join(ROOT, "models/hippocampus_parts");

/** Series of DICOM files in archives. */
export const DICOM = join(ROOT, "tests/fixtures/dicom");

/** The bytes of one of them. */
export async function dicom(name: string): Promise<Uint8Array<ArrayBuffer>> {
  return await Deno.readFile(join(DICOM, `${name}.zip`));
}

/** A model's files by name. */
export async function modelFiles(
  folder = EXAMPLE,
): Promise<Map<string, Uint8Array<ArrayBuffer>>> {
  const files = new Map<string, Uint8Array<ArrayBuffer>>();
  for (const name of [...MODEL_FILES, POSTPROCESS_FILE]) {
    files.set(name, await Deno.readFile(join(folder, name)));
  }
  return files;
}

/** Files of data.example. */
export async function readFiles(paths: readonly string[]): Promise<Uint8Array<ArrayBuffer>[]> {
  return await Promise.all(paths.map((path) => Deno.readFile(join(ROOT, "data.example", path))));
}

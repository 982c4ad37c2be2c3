/**
 * Files of the page that are stored compressed.
 *
 * @module
 */

import { loadFile } from "./load_file.ts";

/** The content of a file that `gzip` compressed. */
export function inflate(response: Response): ReadableStream<Uint8Array<ArrayBuffer>> {
  if (!response.ok) throw new Error(`Cannot load ${response.url}: ${response.status}`);
  return response.body!.pipeThrough(new DecompressionStream("gzip"));
}

/** A module without imports that is stored compressed. */
export async function importPacked<Module>(address: URL): Promise<Module> {
  const headers = { "content-type": "text/javascript" };
  const code = await new Response(inflate(await loadFile(address)), { headers }).blob();
  const url = URL.createObjectURL(code);
  try {
    return await import(url);
  } finally {
    URL.revokeObjectURL(url);
  }
}

/**
 * Files of the page that are stored compressed.
 *
 * @module
 */

/** The content of a file that `gzip` compressed. */
export function inflate(response: Response): ReadableStream<Uint8Array<ArrayBuffer>> {
  if (!response.ok) throw new Error(`Cannot load ${response.url}: ${response.status}`);
  return response.body!.pipeThrough(new DecompressionStream("gzip"));
}

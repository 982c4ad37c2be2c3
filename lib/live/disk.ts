/**
 * `node:fs/promises` in a browser, as far as the page's modules import it: there is no disk.
 *
 * @module
 */

/** See Node's function. */
export function statfs(path: string): Promise<never> {
  return Promise.reject(new Error(`There is no disk: ${path}`));
}

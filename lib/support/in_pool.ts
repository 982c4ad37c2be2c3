/**
 * Runs work on all items, a few at a time, in their order; the first error stops it.
 *
 * @example
 * ```ts
 * import { inPool } from "./in_pool.ts";
 * import assert from "node:assert/strict";
 *
 * let sum = 0;
 * await inPool([1, 2, 3], 2, (n) => Promise.resolve(void (sum += n)));
 * assert.equal(sum, 6);
 * ```
 */
export async function inPool<T>(
  items: Iterable<T>,
  limit: number,
  work: (item: T) => Promise<void>,
): Promise<void> {
  const queue = items[Symbol.iterator]();
  let failed = false;
  const worker = async () => {
    for (const item of { [Symbol.iterator]: () => queue }) {
      if (failed) return;
      try {
        await work(item);
      } catch (error) {
        failed = true;
        throw error;
      }
    }
  };
  const results = await Promise.allSettled(Array.from({ length: limit }, worker));
  for (const result of results) if (result.status === "rejected") throw result.reason;
}

/**
 * A duration in the two largest units that it needs.
 *
 * @param seconds At least 0; rounded.
 *
 * @example
 * ```ts
 * import { formatDuration } from "./format_duration.ts";
 * import assert from "node:assert/strict";
 *
 * assert.equal(formatDuration(8), "8 s");
 * assert.equal(formatDuration(192), "3 min 12 s");
 * assert.equal(formatDuration(7500), "2 h 05 min");
 * ```
 */
export function formatDuration(seconds: number): string {
  const total = Math.round(seconds);
  const two = (n: number) => String(n).padStart(2, "0");
  if (total < 60) return `${total} s`;
  if (total < 3600) return `${Math.floor(total / 60)} min ${two(total % 60)} s`;
  return `${Math.floor(total / 3600)} h ${two(Math.floor(total / 60) % 60)} min`;
}

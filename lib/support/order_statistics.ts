/**
 * The finite values at some places of the sorted data. Two passes over the data and half a
 * megabyte, where sorting a volume takes seconds and a copy.
 *
 * @param data Values in any order.
 * @param places From 0, among the finite values, given how many there are.
 *
 * @example
 * ```ts
 * import { orderStatistics } from "./order_statistics.ts";
 * import assert from "node:assert/strict";
 *
 * assert.deepEqual(orderStatistics(Float32Array.of(3, -1, NaN, 2), (n) => [0, n - 1]), [-1, 3]);
 * ```
 */
export function orderStatistics(
  data: Float32Array,
  places: (count: number) => readonly number[],
): number[] {
  const bits = new Uint32Array(data.buffer, data.byteOffset, data.length);
  const high = new Uint32Array(65536);
  let count = 0;
  for (let i = 0; i < bits.length; i++) {
    if (isFinite32(bits[i]!)) {
      high[sortable(bits[i]!) >>> 16]!++;
      count++;
    }
  }
  const found = places(count).map((place) => locate(high, place));
  const low = new Map(found.map(([bin]) => [bin, new Uint32Array(65536)]));
  for (let i = 0; i < bits.length; i++) {
    if (!isFinite32(bits[i]!)) continue;
    const key = sortable(bits[i]!);
    const bins = low.get(key >>> 16);
    if (bins !== undefined) bins[key & 65535]!++;
  }
  return found.map(([bin, place]) =>
    unsortable((bin << 16 | locate(low.get(bin)!, place)[0]) >>> 0)
  );
}

/** The bin of a place, and the place within that bin. */
function locate(bins: Uint32Array, place: number): [bin: number, place: number] {
  let bin = 0;
  for (; bin < bins.length - 1 && place >= bins[bin]!; bin++) place -= bins[bin]!;
  return [bin, place];
}

function isFinite32(bits: number): boolean {
  return (bits & 0x7f800000) !== 0x7f800000;
}

/** Float bits as an unsigned integer that sorts as the float does, and back. */
function sortable(bits: number): number {
  return (bits & 0x80000000 ? ~bits : bits | 0x80000000) >>> 0;
}

function unsortable(key: number): number {
  const bits = (key & 0x80000000 ? key & 0x7fffffff : ~key) >>> 0;
  return new Float32Array(Uint32Array.of(bits).buffer)[0]!;
}

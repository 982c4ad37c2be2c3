/**
 * Interleaves the channels of a slice: the channel runs fastest.
 *
 * @param planes Channels × pixels values, channel after channel.
 * @param target Gets pixels × channels values, from its start.
 *
 * @example
 * ```ts
 * import { interleave } from "./interleave.ts";
 * import assert from "node:assert/strict";
 *
 * const target = new Float32Array(4);
 * interleave(Float32Array.of(1, 2, 10, 20), 2, target); // two pixels of two channels
 * assert.deepEqual([...target], [1, 10, 2, 20]);
 * ```
 */
export function interleave(planes: Float32Array, channels: number, target: Float32Array): void {
  if (channels === 1) return target.set(planes);
  const pixels = planes.length / channels;
  for (let c = 0; c < channels; c++) {
    for (let i = 0; i < pixels; i++) target[i * channels + c] = planes[c * pixels + i]!;
  }
}

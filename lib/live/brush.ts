/**
 * The effects of brush strokes.
 *
 * @module
 */

import type { Stroke } from "./situation.ts";

/**
 * The pixels that a stroke covers: those not farther from a pixel of its path than the radius. The path
 * has no gaps, however fast the brush was moved.
 *
 * @returns 1 for each pixel that it covers, row by row.
 *
 * @example
 * ```ts
 * import { strokePixels } from "./brush.ts";
 * import assert from "node:assert/strict";
 *
 * const stroke = { step: 0, tool: "erase", radius: 0, points: [0, 0, 2, 2] } as const;
 * assert.deepEqual([...strokePixels(stroke, 3, 3)], [1, 0, 0, 0, 1, 0, 0, 0, 1]);
 * ```
 */
export function strokePixels(
  { radius, points }: Stroke,
  height: number,
  width: number,
): Uint8Array {
  const covered = new Uint8Array(height * width);
  for (let i = 0; i < points.length; i += 2) {
    const [x, y] = [points[i]!, points[i + 1]!];
    const [fromX, fromY] = i === 0 ? [x, y] : [points[i - 2]!, points[i - 1]!];
    const parts = Math.max(1, Math.abs(x - fromX), Math.abs(y - fromY));
    for (let part = 0; part <= parts; part++) {
      const along = (from: number, to: number) => Math.round(from + (to - from) * part / parts);
      cover(along(fromX, x), along(fromY, y));
    }
  }
  return covered;

  function cover(cx: number, cy: number): void {
    for (let y = Math.max(0, Math.ceil(cy - radius)); y <= Math.min(height - 1, cy + radius); y++) {
      for (
        let x = Math.max(0, Math.ceil(cx - radius));
        x <= Math.min(width - 1, cx + radius);
        x++
      ) {
        if (Math.hypot(x - cx, y - cy) <= radius) covered[y * width + x] = 1;
      }
    }
  }
}

/** How much a stroke brightens or darkens an image from 0 to 1. */
const LIGHT = 0.3;

/**
 * Brightens or darkens an image where a stroke went over it.
 *
 * @param images Height × width × channels values, the channel running fastest; changed in place.
 */
export function paintImage(
  images: Float32Array,
  stroke: Stroke,
  [height, width]: readonly [number, number],
): void {
  const channels = images.length / (height * width);
  const by = stroke.tool === "brighten" ? LIGHT : -LIGHT;
  for (const [pixel, covered] of strokePixels(stroke, height, width).entries()) {
    if (covered === 0) continue;
    for (let i = pixel * channels; i < (pixel + 1) * channels; i++) images[i]! += by;
  }
}

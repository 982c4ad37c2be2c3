import { decode } from "fast-png";

/** Size of a PNG, and how far its pixels are from being all alike. */
export function inspectPng(png: Uint8Array): { width: number; height: number; deviation: number } {
  const { width, height, data, channels } = decode(png);
  let sum = 0, squares = 0, count = 0;
  for (let i = 0; i < data.length; i += channels) {
    sum += data[i]!;
    squares += data[i]! ** 2;
    count++;
  }
  return { width, height, deviation: Math.sqrt(squares / count - (sum / count) ** 2) };
}

/** A slice with a bright disc, and the disc as a mask. */
export function disc(height: number, width: number, shift = 0) {
  const at = (i: number) => {
    const [y, x] = [Math.floor(i / width), i % width];
    return Math.hypot(y - height / 2 - shift, x - width / 2) < Math.min(height, width) / 4 ? 1 : 0;
  };
  const mask = Uint8Array.from({ length: height * width }, (_, i) => at(i));
  const image = Float32Array.from(mask, (m, i) => 0.5 * m + 0.4 * (i % width) / width);
  return { image, mask, height, width };
}

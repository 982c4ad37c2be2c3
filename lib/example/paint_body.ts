import type { Anatomy } from "./anatomy.ts";
import { ADC, ellipse, inside, type Pixel, type Section, TISSUE, turnedEllipse } from "./brush.ts";
import { smoothNoise } from "./noise.ts";

/** Distance to the skin, a rounded rectangle with the cleft at the back; negative inside. */
export function skinDistance({ body, seed }: Anatomy, x: number, y0: number): number {
  const y = y0 + 2.5 * smoothNoise(seed + 30, x / 40, 0);
  const u = x / body.halfWidth, v = y / body.halfHeight;
  const outline = (u * u + v * v - 0.55 * u * u * v * v - 1) * body.halfHeight / 2;
  return Math.max(outline, -ellipse(x, y + body.halfHeight + 1, 3, 9));
}

/** Skin, the fat under it, muscles with seams of fat between them. */
export function paintBody(pixel: Pixel, section: Section, x: number, y: number, skin: number) {
  const { anatomy, seed, level } = section;
  const { body, signals } = anatomy;
  const lobules = smoothNoise(seed + 40, x / 6, y / 6);
  const septa = Math.abs(smoothNoise(seed + 41, x / 4, y / 9));
  const fat = signals.fat + 12 * lobules - 22 * inside((septa - 0.05) * 12);
  pixel.paint(1, ...TISSUE.skin);
  pixel.paint(inside(skin + 1.6), fat, ADC.fat);
  // The fat is thicker in front than at the sides.
  const v = y / body.halfHeight;
  const muscles = inside(skin + body.fat + 4 * v * v);
  if (muscles === 0) return;
  const fibres = smoothNoise(seed + 50, x / 1.6 + y / 9, y / 6);
  const streaks = smoothNoise(seed + 51, x / 2 - y / 5, y / 3);
  pixel.paint(
    muscles,
    signals.muscle + 9 * fibres + 30 * Math.max(0, streaks - 0.45),
    ADC.muscle,
  );
  const seams = Math.abs(smoothNoise(anatomy.seed + 52, x / 17 + level / 35, y / 17));
  pixel.paint(muscles * inside((seams - 0.06) * 16), 0.75 * fat, 25);
}

/** Thigh bones, hip sockets and sit bones, either side. */
export function paintHips(pixel: Pixel, { anatomy, level, seed }: Section, x: number, y: number) {
  const up = level / 20;
  const u = Math.abs(x);
  if (u < 38) return;
  const fat = anatomy.signals.fat + 22 * smoothNoise(seed + 55, x / 3, y / 3);
  paintBone(pixel, turnedEllipse(u - 66, y - 6 + 3 * up, 11.5 + 2 * up, 14 + 2 * up, 0.15), fat);
  paintBone(pixel, turnedEllipse(u - 49.5, y - 8, 4, 23 + 4 * up, 0.08), fat);
  const ischium = 8.5 - 4 * up;
  if (ischium > 3) paintBone(pixel, ellipse(u - 50, y + 22, ischium, 1.4 * ischium), fat);
}

/** Fatty marrow in a dark cortex. */
export function paintBone(pixel: Pixel, distance: number, fat: number) {
  if (distance > 1) return;
  pixel.paint(inside(distance), ...TISSUE.cortex);
  pixel.paint(inside(distance + 1.3), 0.5 * fat + 0.5 * TISSUE.marrow[0], TISSUE.marrow[1]);
}

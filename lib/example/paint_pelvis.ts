import { ADC, ellipse, inside, type Pixel, type Section, TISSUE, turnedEllipse } from "./brush.ts";
import { smoothNoise } from "./noise.ts";
import { paintBone, paintHips } from "./paint_body.ts";

/** Paints everything between the hips except the gland. */
export function paintPelvis(pixel: Pixel, section: Section, x: number, y: number) {
  const { anatomy, seed, level } = section;
  const { signals } = anatomy;
  const up = level / 20;
  const u = Math.abs(x);
  const cavity = inside(ellipse(x, y + 3, 46, 48));
  const lobules = smoothNoise(seed + 42, x / 4, y / 4);
  const septa = Math.abs(smoothNoise(seed + 43, x / 5, y / 5));
  const fat = 0.86 * signals.fat + 16 * lobules - 26 * inside((septa - 0.06) * 10);
  pixel.paint(cavity, fat, ADC.fat);
  if (cavity > 0) paintVessels(pixel, section, x, y);

  const muscle = signals.muscle + 10 * smoothNoise(seed + 53, x / 6, y / 2);
  pixel.paint(inside(turnedEllipse(u - 40, y - 6, 6.5, 27, 0.08)), muscle, ADC.muscle);
  paintHips(pixel, section, x, y);
  // The gluteus behind; the straight muscle of the belly, in two halves.
  pixel.paint(inside(turnedEllipse(u - 36, y + 47, 29, 9, -0.16)), muscle, ADC.muscle);
  pixel.paint(inside(ellipse(u - 15, y - 55, 14, 4)), muscle, ADC.muscle);
  const pubis = 1 - 1.4 * up;
  if (pubis > 0.2) {
    paintBone(pixel, turnedEllipse(u - 17, y - 45, 15.5 * pubis, 6.5, -0.14), fat);
  }
  paintBone(pixel, ellipse(x, y + 53 - 2 * up, 8, 4.5), fat);

  if (cavity === 0) return;
  paintRectum(pixel, section, x, y, muscle);
  paintBladder(pixel, section, x, y);
}

/** Veins and nerves run in the fat around the gland. */
function paintVessels(pixel: Pixel, section: Section, x: number, y: number) {
  const { anatomy: { gland }, seed } = section;
  const a = (gland.a + section.a) / 2 + 7, b = (gland.b + section.b) / 2 + 8;
  const near = inside((ellipse(x - section.x, y - section.y, a, b) - 1) / 4);
  if (near === 0) return;
  const vessels = 0.7 * smoothNoise(seed + 60, x / 3, y / 3) +
    0.45 * smoothNoise(seed + 61, x / 1.7, y / 1.7);
  pixel.paint(near * inside((0.4 - vessels) * 4), ...TISSUE.vein);
  pixel.paint(near * inside((vessels + 0.42) * 4), ...TISSUE.nerve);
}

/** The rectum behind the gland, the levator like a sling around both. */
function paintRectum(pixel: Pixel, section: Section, x: number, y: number, muscle: number) {
  const { anatomy, seed } = section;
  const { gland, rectum } = anatomy;
  const height = Math.sqrt(Math.max(0, 1 - section.h * section.h));
  const ry = section.y - gland.b * (0.62 + 0.3 * height) - rectum.halfHeight - 1.5;
  const rx = section.x + rectum.x;
  const sling = ellipse(x - section.x, y - (section.y + ry) / 2, gland.a + 6.5, 33);
  const thickness = 1.7 + 0.6 * smoothNoise(seed + 62, x / 6, y / 6);
  pixel.paint(
    inside(Math.abs(sling) - thickness) * inside(y - section.y - 6),
    muscle,
    ADC.muscle,
  );
  const wall = ellipse(x - rx, y - ry, rectum.halfWidth, rectum.halfHeight);
  if (wall > 1) return;
  const folds = smoothNoise(seed + 63, x / 6, y / 6);
  pixel.paint(inside(wall), ...TISSUE.wall);
  pixel.paint(inside(wall + 2.4), ...TISSUE.mucosa);
  const [t2, adc] = rectum.gas ? TISSUE.gas : TISSUE.stool;
  pixel.paint(inside(wall + 4 + 2 * folds), t2 * (1 + 0.25 * folds), adc);
}

/** Bladder and seminal vesicles above the gland, the urethra in its muscle below. */
function paintBladder(pixel: Pixel, section: Section, x: number, y: number) {
  const { anatomy, seed, h } = section;
  const { gland, bladder } = anatomy;
  if (h > bladder.floor) {
    const size = Math.sqrt(Math.min(1, (h - bladder.floor) / 0.5));
    const distance = ellipse(
      x - 0.5 * section.x,
      y - section.y - 0.75 * gland.b - 6 * size,
      bladder.halfWidth * size,
      bladder.halfHeight * size,
    );
    pixel.paint(inside(distance), ...TISSUE.wall);
    pixel.paint(inside(distance + 2.4), ...TISSUE.urine);
  }
  if (h > 0.8) {
    const place = ellipse(Math.abs(x - section.x) - 13, y - section.y + 0.4 * gland.b, 12, 5.5);
    if (place < 1) {
      const coils = smoothNoise(seed + 64, x / 2.6, y / 2.6);
      pixel.paint(inside(place), 92, 90);
      pixel.paint(inside(place + 0.8) * inside((-0.15 - coils) * 3), ...TISSUE.vesicle);
    }
  }
  if (h < -0.75) {
    const distance = ellipse(x - section.x, y - section.y, 7.5, 7);
    pixel.paint(inside(distance), ...TISSUE.stroma);
    pixel.paint(inside(distance + 4), ...TISSUE.urethra);
  }
}

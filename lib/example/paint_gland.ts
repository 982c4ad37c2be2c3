import type { Nodule } from "./anatomy.ts";
import { ellipse, inside, type Pixel, type Section, TISSUE } from "./brush.ts";
import { smoothNoise } from "./noise.ts";

/**
 * Paints the gland.
 *
 * @returns The label of the pixel's middle: 0 background, 1 peripheral zone, 2 transition zone.
 */
export function paintGland(pixel: Pixel, section: Section, x: number, y: number): 0 | 1 | 2 {
  const { anatomy, seed, a, b, h } = section;
  const { gland, signals } = anatomy;
  if (a < 5) return 0;
  const { cos, sin } = gland.rotation;
  const dx = x - section.x, dy = y - section.y;
  // Chestnut: narrower in front, dented behind.
  let v = cos * dy - sin * dx;
  const u = (cos * dx + sin * dy) * (1 + 0.16 * v / b);
  const middle = Math.max(0, 1 - u * u / (a * a));
  if (v < 0) v *= 1 + gland.dent * middle * middle;
  const outline = ellipse(u, v, a, b);
  if (outline > 2) return 0;

  // The capsule is clear in places, faint in others.
  const capsule = 0.5 + 0.5 * smoothNoise(seed + 70, x / 7, y / 7);
  const texture = smoothNoise(seed + 71, x / 2.2, y / 2.2);
  const patches = smoothNoise(seed + 72, x / 6, y / 6);
  const rays = smoothNoise(seed + 73, x / 1.3, y / 4);
  pixel.paint(capsule * inside(outline - 0.6), ...TISSUE.capsule);
  pixel.paint(
    inside(outline + 0.5),
    signals.peripheral + 15 * texture + 14 * patches + 12 * rays,
    165 + 10 * patches,
  );
  const at = { u, v, h };
  if (anatomy.lesion) paintNodule(pixel, section, anatomy.lesion, inside(outline + 1), at);

  // The transition zone takes more of the gland towards the base, less towards the apex.
  const share = Math.min(0.92, Math.max(0.3, gland.transition * (1 + 0.28 * h)));
  const inner = ellipse(u, v - 0.92 * (1 - share) * b, share * a, share * b);
  const within = inside(outline + 0.9);
  pixel.paint(within * (0.4 + 0.6 * capsule) * inside(inner - 0.7), ...TISSUE.capsule);
  const zone = within * inside(inner);
  if (zone > 0) {
    const stripes = smoothNoise(seed + 74, x / 3.4, y / 3.4);
    pixel.paint(zone, signals.transition + 30 * stripes + 12 * texture, 112 + 12 * stripes);
    for (const nodule of anatomy.nodules) paintNodule(pixel, section, nodule, zone, at);
    // Fibrous tissue in front, the urethra in the middle.
    pixel.paint(zone * inside(ellipse(u, v - 0.95 * b, 0.5 * a, 0.26 * b)), ...TISSUE.stroma);
    pixel.paint(zone * inside(ellipse(u, v + 0.08 * b, 2.4, 3)), ...TISSUE.urethra);
  }
  if (outline > 0) return 0;
  return inner <= 0 ? 2 : 1;
}

/** A ball with a dark rim, cut at this level. */
function paintNodule(
  pixel: Pixel,
  { anatomy: { gland }, seed }: Section,
  nodule: Nodule,
  weight: number,
  { u, v, h }: { u: number; v: number; h: number },
) {
  const dx = u - nodule.x * gland.a;
  const dy = v - nodule.y * gland.b;
  const dz = (h - nodule.z) * gland.c;
  const distance = Math.sqrt(dx * dx + dy * dy + dz * dz) - nodule.radius;
  if (distance > 2) return;
  const texture = 1 + 0.12 * smoothNoise(seed + 75, u / 1.8, v / 1.8);
  pixel.paint(weight * inside(distance), 0.66 * nodule.signal, 85);
  pixel.paint(
    weight * inside(distance + 1.3),
    nodule.signal * texture,
    60 + 0.45 * nodule.signal,
  );
}

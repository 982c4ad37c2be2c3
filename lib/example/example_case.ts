import { Random } from "../support/random.ts";
import { type Affine, createVolume, type Volume } from "../volume/mod.ts";
import { drawAnatomy, rotationOf } from "./anatomy.ts";
import { renderSlice } from "./render_slice.ts";

/** Height and width of every slice in pixels. */
const SIZE = 320;
/** Slices per case. */
const SLICES = 7;
/** Grey levels are multiples of this, so that gzip stores less noise. */
const STEP = 10;

/** A case. */
export interface ExampleCase {
  /** Grey levels from 0 to 250 in steps of 10; exactly 0 outside the body. */
  readonly image: Volume;
  /** 0 background, 1 peripheral zone, 2 transition zone. */
  readonly labels: Uint8Array;
}

/** Variations of a case. */
export interface ExampleCaseOptions {
  /** A second channel, ADC, after T2. Default: T2 alone, a 3D volume. */
  diffusion?: boolean;
  /** Slices tilted forwards, as across the gland's axis. Default: upright. */
  oblique?: boolean;
  /** Slices on either side of the seven through the gland, mostly without it. Default: 0. */
  beyond?: number;
}

/** Draws a case. */
export function exampleCase(
  seed: number,
  number: number,
  options: ExampleCaseOptions = {},
): ExampleCase {
  const { diffusion = false, oblique = false, beyond = 0 } = options;
  const slices = SLICES + 2 * beyond;
  const anatomy = drawAnatomy(seed, number);
  const random = new Random(seed, number, 1);
  const inPlane = random.uniform() < 0.5 ? 0.6 : 0.625;
  // From the gland's apex to its base, in half millimetres.
  const height = 2 * anatomy.gland.c * anatomy.patient.scale;
  const between = Math.round(2 * height / (SLICES + 0.4)) / 2;
  const shift = (random.uniform() - 0.5) * 0.4 * between;
  const plane = SIZE * SIZE;
  const data = new Float32Array(plane * slices * (diffusion ? 2 : 1));
  const labels = new Uint8Array(plane * slices);
  for (let k = 0; k < slices; k++) {
    const level = (k - (slices - 1) / 2) * between + shift;
    const slice = renderSlice(anatomy, { width: SIZE, height: SIZE, spacing: inPlane, level });
    slice.t2.forEach((value, i) => data[k * plane + i] = greyLevel(value));
    if (diffusion) {
      slice.adc.forEach((value, i) => data[(slices + k) * plane + i] = greyLevel(value));
    }
    labels.set(slice.labels, k * plane);
  }
  const spacing = [inPlane, inPlane, between] as const;
  const image = createVolume({
    data,
    shape: diffusion ? [SIZE, SIZE, slices, 2] : [SIZE, SIZE, slices],
    spacing,
    affine: affineOf(spacing, oblique, random),
  });
  return { image, labels };
}

function greyLevel(value: number): number {
  return Math.min(250, STEP * Math.round(value / STEP));
}

/** The scanner's middle lies near the body's, the origin at the first voxel. */
function affineOf(
  [dx, dy, dz]: readonly [number, number, number],
  oblique: boolean,
  random: Random,
): Affine {
  const { cos, sin } = rotationOf(oblique ? 0.13 : 0);
  const offset = () => Math.round(200 * (random.uniform() - 0.5)) / 10;
  const x = offset() - (SIZE - 1) / 2 * dx;
  const y = offset() - (SIZE - 1) / 2 * dy;
  return [
    [dx, 0, 0, x],
    [0, cos * dy, sin * dz, cos * y],
    [0, -sin * dy, cos * dz, offset() - 40 - sin * y],
    [0, 0, 0, 1],
  ];
}

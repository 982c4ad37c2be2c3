import assert from "node:assert/strict";
import {
  classColour,
  divergingColour,
  greyColour,
  mixColours,
  OKABE_ITO,
  parseColour,
} from "../../lib/plots/palette.ts";
import { signedColours } from "../../lib/plots/signed_colours.ts";

Deno.test("parseColour and mixColours read and mix red, green and blue, in this order", () => {
  assert.deepEqual(parseColour("#d55e00"), [213, 94, 0]);
  assert.deepEqual(mixColours([0, 100, 200], [100, 200, 0], 0.25), [25, 125, 150]);
  assert.throws(() => parseColour("#d55e0"), RangeError);
});

Deno.test("greyColour and divergingColour run from dark to bright, and from blue to red", () => {
  assert.deepEqual([-1, 0.2, 2].map(greyColour), [[0, 0, 0], [51, 51, 51], [255, 255, 255]]);
  assert.deepEqual(
    [-2, -1, -0.5, 0, 0.5, 1].map(divergingColour),
    ["#003a5c", "#003a5c", "#0072b2", "#f7f7f7", "#d55e00", "#6e2f00"].map(parseColour),
  );
  // Half way between white and orange
  assert.deepEqual(divergingColour(0.25), [230, 171, 124]);
});

Deno.test("signedColours puts 0 in the middle, and the limit at all but one in two hundred", () => {
  // 0.995 × 400 = 398: the largest but two, whatever its sign
  const values = Float32Array.from({ length: 401 }, (_, i) => (i % 2 === 0 ? 1 : -1) * i / 350);
  const { style: { range, colour }, caption } = signedColours(values);
  assert.deepEqual(range.map((end) => Math.round(end * 1000)), [-1137, 1137]);
  assert.equal(caption, "±1.1");
  assert.deepEqual([0, 0.5, 1].map(colour), [-1, 0, 1].map(divergingColour));
  // A channel of zeros is white: in the middle of its range
  assert.deepEqual(signedColours(new Float32Array(4)).style.range, [-1, 1]);
});

Deno.test("classColour begins with orange, sky blue and blue, and comes round after seven", () => {
  const { orange, skyBlue, blue } = OKABE_ITO;
  assert.deepEqual([0, 1, 2, 7, 9].map(classColour), [orange, skyBlue, blue, orange, blue]);
  assert.equal(new Set([0, 1, 2, 3, 4, 5, 6].map(classColour)).size, 7);
});

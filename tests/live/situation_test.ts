import assert from "node:assert/strict";
import fc from "fast-check";
import { paintImage, strokePixels } from "../../lib/live/brush.ts";
import { decodeScene, encodeScene, type Scene, TOOLS } from "../../lib/live/situation.ts";

const DEFAULTS: Scene = {
  ...{ slice: 3, seed: 0, steps: [40, 20], fireRate: 0.5, noise: 0, bias: 1, contrast: 1 },
  ...{ strokes: [], step: 0, show: "mask" },
};

const step = fc.integer({ min: 0, max: 1000 });
const place = fc.integer({ min: -20, max: 400 });
/** Objects as they come from a literal. */
const PLAIN = { noNullPrototype: true };
const scenes: fc.Arbitrary<Scene> = fc.record({
  slice: fc.integer({ min: 0, max: 500 }),
  seed: fc.integer({ min: 0, max: 2 ** 32 - 1 }),
  steps: fc.tuple(fc.integer({ min: 1, max: 1000 }), fc.integer({ min: 1, max: 1000 })),
  fireRate: fc.double({ min: 0.01, max: 1, noNaN: true }),
  noise: fc.double({ min: 0, max: 0.5, noNaN: true }).map((value) => value + 0),
  bias: fc.double({ min: 1, max: 5, noNaN: true }),
  contrast: fc.double({ min: 0.2, max: 3, noNaN: true }),
  step,
  show: fc.oneof(
    fc.constantFrom("mask" as const, "probability" as const),
    fc.integer({ min: 0, max: 15 }),
  ),
  strokes: fc.array(fc.record({
    tool: fc.constantFrom(...TOOLS),
    step,
    radius: fc.integer({ min: 0, max: 40 }),
    points: fc.array(fc.tuple(place, place), { minLength: 1, maxLength: 9 })
      .map((places) => places.flat()),
  }, PLAIN)),
}, PLAIN);

Deno.test("decodeScene() reads what encodeScene() writes", () => {
  fc.assert(fc.property(scenes, (scene) => {
    assert.deepEqual(decodeScene(encodeScene(scene, DEFAULTS), DEFAULTS), { scene, problems: [] });
  }));
  assert.equal(encodeScene(DEFAULTS, DEFAULTS), "");
});

Deno.test("decodeScene() names what it cannot use, and takes the rest", () => {
  const query =
    "noise=2&step=-1&show=x&steps=40&strokes=erase.1&colour=red&fireRate=&slice=1.5&bias=2";
  const { scene, problems } = decodeScene(query, DEFAULTS);
  assert.deepEqual(scene, { ...DEFAULTS, bias: 2 });
  assert.deepEqual(problems, query.split("&").slice(0, -1));
});

Deno.test("decodeScene() takes no run without steps, no negative brush and no endless stroke", () => {
  const points = (count: number) => `strokes=erase.1.2${".3.4".repeat(count)}`;
  const bad = [
    "steps=40,0",
    "steps=0,20",
    "steps=1,2,3",
    "strokes=erase.1.-3.2.2",
    "strokes=erase.1.3.2",
    points(10_001),
  ];
  for (const query of bad) {
    const { scene, problems } = decodeScene(query, DEFAULTS);
    assert.deepEqual([scene, problems.length], [DEFAULTS, 1], query.slice(0, 40));
  }
  assert.equal(decodeScene(points(10_000), DEFAULTS).scene.strokes[0]!.points.length, 20_000);
});

Deno.test("encodeScene() keeps results to oneself", () => {
  assert.equal(encodeScene({ ...DEFAULTS, show: "result" }, DEFAULTS), "");
});

Deno.test("strokePixels() covers a disc along its path, and nothing else", () => {
  const stroke = { step: 0, tool: "erase", radius: 1, points: [1, 1, 4, 1] } as const;
  const rows = [...strokePixels(stroke, 4, 6)].join("").match(/.{6}/g);
  assert.deepEqual(rows, ["011110", "111111", "011110", "000000"]);
  // Steeper than it is wide
  const steep = strokePixels({ ...stroke, radius: 0, points: [1, 0, 2, 5] }, 6, 4);
  assert.deepEqual([0, 1, 2, 3, 4, 5].map((y) => steep.subarray(4 * y, 4 * y + 4).indexOf(1)), [
    ...[1, 1, 1, 2, 2, 2],
  ]);
  // Partly beyond the border
  const corner = { ...stroke, points: [-1, -1] };
  assert.deepEqual([...strokePixels(corner, 2, 2)], [0, 0, 0, 0]);
});

Deno.test("paintImage() changes all channels of the pixels that are covered", () => {
  const stroke = { step: 0, tool: "darken", radius: 0, points: [1, 0] } as const;
  const images = new Float32Array(2 * 2 * 3);
  paintImage(images, stroke, [2, 2]);
  paintImage(images, { ...stroke, tool: "brighten", points: [0, 1] }, [2, 2]);
  const [dark, bright] = [-0.3, 0.3].map(Math.fround);
  assert.deepEqual([...images], [0, 0, 0, dark, dark, dark, bright, bright, bright, 0, 0, 0]);
});

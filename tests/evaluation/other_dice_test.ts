import assert from "node:assert/strict";
import { sliceDice, softDice } from "../../lib/evaluation/other_dice.ts";
import { codesOf, FOREGROUND } from "../../lib/evaluation/overlap.ts";

const IGNORE = 255;

Deno.test("softDice sums probabilities over all slices, without what is ignored", () => {
  const probabilities = [Float32Array.of(1, 0.5, 0.5), Float32Array.of(0.25, 0, 1)];
  const labels = [Uint8Array.of(1, 0, 2), Uint8Array.of(0, 1, IGNORE)];
  // Both: 1 + 0.5, said: 2.25, object: 3
  assert.equal(softDice(probabilities, labels, FOREGROUND), 2 * 1.5 / (2.25 + 3));
  assert.equal(softDice(probabilities, labels, codesOf({ kind: "classes" }, 1)), 1 / (2.25 + 1));
  // 0 where nothing is said, undefined where nothing is
  assert.equal(softDice([new Float32Array(3)], labels.slice(0, 1), FOREGROUND), 0);
  assert.ok(
    Number.isNaN(softDice(probabilities, [new Uint8Array(3), new Uint8Array(3)], FOREGROUND)),
  );
});

Deno.test("sliceDice counts a small slice as much as a large one, and none that are empty", () => {
  const masks = [[1, 1, 1, 1], [1, 0, 0, 0], [0, 0, 0, 0], [0, 0, 1, 0]].map((m) =>
    Uint8Array.from(m)
  );
  const labels = [[1, 1, 1, 1], [1, 1, 0, 0], [0, 0, 0, 0], [0, 0, IGNORE, 0]].map((m) =>
    Uint8Array.from(m)
  );
  assert.equal(sliceDice(masks, labels, FOREGROUND), (1 + 2 / 3) / 2);
  assert.ok(Number.isNaN(sliceDice(masks.slice(2), labels.slice(2), FOREGROUND)));
});

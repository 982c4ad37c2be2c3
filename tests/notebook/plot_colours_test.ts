import assert from "node:assert/strict";
import { decode } from "fast-png";
import { plotColours, replaceable } from "../../lib/notebook/mod.ts";

Deno.test("plotColours draws each pixel as a square of its colour, limited to 0 to 1", () => {
  const data = [1, 0, 0, 0, 0.5, 0, 0, 0, 2, -1, 1, 1]; // red, green; blue, cyan
  const figure = plotColours([{ data, height: 2, width: 2, title: "four" }], {
    ...{ title: "Colours", size: 40 },
  });
  assert.equal(figure.alt, "Colours; four");
  const { data: pixels, width, height, channels } = decode(figure.png());
  const count = (colour: readonly number[]) =>
    Array.from({ length: width * height }, (_, i) => i * channels)
      .filter((at) => colour.every((value, c) => pixels[at + c] === value)).length;
  for (const colour of [[255, 0, 0], [0, 128, 0], [0, 0, 255], [0, 255, 255]]) {
    assert.equal(count(colour), 400, `${colour}`); // 20 × 20
  }
  const at = (colour: readonly number[]) => {
    const first = Array.from({ length: width * height }, (_, i) => i * channels)
      .findIndex((at) => colour.every((value, c) => pixels[at + c] === value));
    return [first % width, Math.floor(first / width)] as const;
  };
  const [[redX, redY], [greenX, greenY], [blueX, blueY]] = [
    ...[at([255, 0, 0]), at([0, 128, 0]), at([0, 0, 255])] as const,
  ];
  assert.deepEqual([greenX - redX, greenY - redY, blueX - redX, blueY - redY], [20, 0, 0, 20]);
});

Deno.test("replaceable shows its first figure, then replaces it", async () => {
  const sent: { id: string | undefined; update: boolean | undefined; alt: string }[] = [];
  const draw = replaceable((bundle, { id, update } = {}) => {
    sent.push({ id, update, alt: bundle["text/plain"]! });
    return Promise.resolve();
  });
  const figure = (title: string) =>
    plotColours([{ data: [0, 0, 0], height: 1, width: 1, title: "black" }], { title });
  await draw(figure("one"));
  await draw(figure("two"));
  assert.deepEqual(sent.map(({ update }) => update), [false, true]);
  assert.deepEqual(sent.map(({ alt }) => alt), ["one; black", "two; black"]);
  assert.equal(sent[0]!.id, sent[1]!.id);
  assert.ok(sent[0]!.id);
});

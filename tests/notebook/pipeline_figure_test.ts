import assert from "node:assert/strict";
import { pipelineFigure } from "../../lib/notebook/mod.ts";
import { svgSize } from "../../lib/plots/svg.ts";

Deno.test("pipelineFigure: boxes hold their texts and stand apart, and arrows end at boxes", () => {
  const { svg } = pipelineFigure();
  const size = svgSize(svg);
  const boxes = [
    ...svg.matchAll(
      /translate\((\d+),(\d+)\)"><rect width="(\d+)" height="(\d+)" rx="6"(.*?)<\/g><\/g>/g,
    ),
  ].map(([, ...parts]) => {
    const [x, y, width, height] = parts.slice(0, 4).map(Number) as [number, number, number, number];
    const lines = parts[4]!.split("<tspan").length;
    return { x, y, right: x + width, bottom: y + height, text: y + 30 + lines * 18 };
  });
  assert.equal(boxes.length, 8); // six stations, the loss, Adam
  for (const [i, box] of boxes.entries()) {
    assert.ok(box.x >= 0 && box.right <= size.width && box.bottom < size.height);
    assert.ok(box.text <= box.bottom, `the text of box ${i}`);
    for (const other of boxes.slice(i + 1)) {
      const isApart = box.right < other.x || other.right < box.x || box.bottom < other.y ||
        other.bottom < box.y;
      assert.ok(isApart, `boxes ${i} and ${boxes.indexOf(other)}`);
    }
  }
  const strokes = [...svg.matchAll(/rx="6" fill="#ffffff" stroke="(#\w+)"/g)].map(([, to]) => to!);
  // Chapters 2, 2, 1, 1, 5, 5; then 3, the loss, and 4, Adam
  const chapters = strokes.map((stroke) => [...new Set(strokes)].indexOf(stroke));
  assert.deepEqual(chapters, [0, 0, 1, 1, 2, 2, 3, 4]);

  const onEdge = (x: number, y: number) =>
    boxes.filter((box) =>
      ((x === box.x || x === box.right) && y > box.y && y < box.bottom) ||
      ((y === box.y || y === box.bottom) && x > box.x && x < box.right)
    );
  const arrows = [...svg.matchAll(/<path d="M([\d.]+),([\d.]+)L([\d.]+),([\d.]+)" fill="none"/g)];
  assert.equal(arrows.length, 5 + 4);
  for (const [, ...numbers] of arrows) {
    const [fromX, fromY, toX, toY] = numbers.map(Number) as [number, number, number, number];
    const [[from], [to]] = [onEdge(fromX, fromY), onEdge(toX, toY)];
    assert.ok(from !== undefined && to !== undefined && from !== to, numbers.join());
  }
});

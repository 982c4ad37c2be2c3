import assert from "node:assert/strict";
import { drawChart } from "../../lib/live/chart.ts";

type Point = readonly [x: number, y: number];

/** What is drawn on a canvas of 144 × 128, by its colour, and the texts. */
function drawn(steps: readonly [number, number], last: number, dice: number[], change: number[]) {
  const lines: [colour: string, points: Point[]][] = [];
  const texts: [text: string, x: number][] = [];
  let points: Point[] = [];
  const context = {
    scale() {},
    setLineDash() {},
    beginPath: () => points = [],
    lineTo: (x: number, y: number) => points.push([x, y]),
    strokeStyle: "",
    stroke: () => lines.push([context.strokeStyle, points]),
    fillText: (text: string, x: number) => texts.push([text, x]),
  };
  const canvas = { clientWidth: 144, clientHeight: 128, getContext: () => context };
  const style = { getPropertyValue: (name: string) => name, fontSize: "16px", fontFamily: "serif" };
  Object.assign(globalThis, { devicePixelRatio: 1, getComputedStyle: () => style });
  try {
    const curves = { dice, change, step: dice.length - 1 };
    drawChart(canvas as unknown as HTMLCanvasElement, curves, steps, last);
  } finally {
    for (const name of ["devicePixelRatio", "getComputedStyle"]) {
      Reflect.deleteProperty(globalThis, name);
    }
  }
  const of = (name: string) => lines.filter(([colour]) => colour === name).map(([, at]) => at);
  return { of, texts };
}

Deno.test("drawChart() draws Dice from 0 to 1, and the change as a part of the largest", () => {
  // 100 pixels for 50 steps begin at 36, and 100 pixels for 0 to 1 end at 108
  const { of, texts } = drawn([20, 10], 50, [NaN, 0.25, 1, 0.5], [0.5, 0.04, 0.01, 0.02]);
  assert.deepEqual(of("--dice"), [[[38, 83], [40, 8], [42, 58]]]);
  assert.deepEqual(of("--change"), [[[38, 8], [40, 83], [42, 58]]]);
  assert.deepEqual(of("--text"), [[[42, 108], [42, 8]]], "where it is");
  assert.deepEqual(of("--soft"), [[[76, 108], [76, 8]], [[96, 108], [96, 8]]], "ends of stages");
  assert.deepEqual(texts.slice(3), [["0", 36], ["20", 76], ["30", 96]]);
});

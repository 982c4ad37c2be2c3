/**
 * The plot below the picture: Dice and the mean change, step by step.
 *
 * @module
 */

import type { Frame } from "./automaton.ts";

/** Space for the axis, in CSS pixels. */
const MARGIN = { left: 36, right: 8, top: 8, bottom: 20 };

/**
 * Draws the curves of a run.
 *
 * @param steps Of both stages.
 * @param last The last step of the axis.
 */
export function drawChart(
  canvas: HTMLCanvasElement,
  { dice, change, step }: Pick<Frame, "dice" | "change" | "step">,
  [coarse, fine]: readonly [number, number],
  last: number,
): void {
  const { clientWidth: width, clientHeight: height } = canvas;
  const ratio = Math.min(devicePixelRatio, 2);
  canvas.width = Math.max(1, Math.round(width * ratio));
  canvas.height = Math.max(1, Math.round(height * ratio));
  const context = canvas.getContext("2d")!;
  context.scale(ratio, ratio);
  const style = getComputedStyle(canvas);
  const colour = (name: string) => style.getPropertyValue(`--${name}`);
  const { left, right, top, bottom } = MARGIN;
  const x = (at: number) => left + (width - left - right) * at / last;
  const y = (part: number) => height - bottom - (height - top - bottom) * part;
  const line = (points: Iterable<readonly [number, number]>, stroke: string, thickness: number) => {
    context.beginPath();
    for (const point of points) context.lineTo(...point);
    context.strokeStyle = stroke;
    context.lineWidth = thickness;
    context.stroke();
  };
  for (const part of [0, 0.5, 1]) {
    line([[x(0), y(part)], [x(last), y(part)]], colour("line"), 1);
  }
  context.setLineDash([2, 3]);
  for (const at of [coarse, coarse + fine]) line([[x(at), y(0)], [x(at), y(1)]], colour("soft"), 1);
  context.setLineDash([]);
  context.fillStyle = colour("soft");
  const size = Math.round(0.75 * parseFloat(style.fontSize)); // larger on a projector
  context.font = `${size}px ${style.fontFamily}`;
  context.textAlign = "right";
  for (const part of [0, 0.5, 1]) context.fillText(String(part), left - 6, y(part) + 4);
  context.textAlign = "center";
  for (const at of [0, coarse, coarse + fine]) context.fillText(String(at), x(at), height - 3);

  const most = Math.max(...change.slice(1), 1e-9);
  context.setLineDash([5, 3]);
  const changes = change.map((value, i) => [x(i), y(value / most)] as const).slice(1);
  line(changes, colour("change"), 2);
  context.setLineDash([]);
  const known = dice.map((value, i) => [x(i), y(value)] as const).filter(([, at]) => at === at);
  line(known, colour("dice"), 2.5);
  line([[x(step), y(0)], [x(step), y(1)]], colour("text"), 1);
}

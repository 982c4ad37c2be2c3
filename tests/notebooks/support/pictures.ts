import { Buffer } from "node:buffer";
import { decode } from "fast-png";
import { renderSvg } from "../../../lib/plots/svg_to_png.ts";
import { type Output, textOf } from "./notebooks.ts";

const PICTURES = ["image/png", "image/svg+xml", "image/gif"];

/** What is wrong with the picture of an output: undefined where it is fine, or no picture. */
export function pictureProblem({ data = {} }: Output): string | undefined {
  const type = PICTURES.find((type) => data[type] !== undefined);
  if (type === undefined) return undefined;
  const text = textOf(data[type]);
  if (type === "image/gif") {
    const frames = Buffer.from(text, "base64").toString("latin1").split("\x21\xf9\x04").length - 1;
    return frames > 1 ? undefined : `an animation of ${frames} frames`;
  }
  const pixels = type === "image/png"
    ? decode(Buffer.from(text, "base64")).data
    : renderSvg(text).pixels;
  const white = Array.from(pixels).reduce((sum, value) => sum + Number(value >= 250), 0) /
    pixels.length;
  // Axes and titles alone are less than that; a chart's lines and a slice's pixels are more.
  return white < 0.985 ? undefined : `a picture that is ${(100 * white).toFixed(1)} % white`;
}

/** Whether an output is a picture. */
export function isPicture({ data = {} }: Output): boolean {
  return PICTURES.some((type) => data[type] !== undefined);
}

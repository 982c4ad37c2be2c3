import { Buffer } from "node:buffer";
import { decode } from "fast-png";
import { renderSvg } from "../../../lib/plots/svg_to_png.ts";
import { type Output, textOf } from "./notebooks.ts";

/** A picture of an output: HTML with its words, as `show` sends it. */
const PICTURE = /^<img alt="([^"]*)" src="data:(image\/[^;]+);base64,([^"]+)"/;

/** What is wrong with the picture of an output: undefined where it is fine, or no picture. */
export function pictureProblem(output: Output): string | undefined {
  const [, alt, type, base64] = PICTURE.exec(htmlOf(output)) ?? [];
  if (base64 === undefined) return undefined;
  if (alt!.length < 4) return `a picture without words: "${alt}"`;
  const bytes = Buffer.from(base64, "base64");
  if (type === "image/gif") {
    const frames = bytes.toString("latin1").split("\x21\xf9\x04").length - 1;
    return frames > 1 ? undefined : `an animation of ${frames} frames`;
  }
  const pixels = type === "image/png" ? decode(bytes).data : renderSvg(bytes.toString()).pixels;
  const white = pixels.filter((value) => value >= 250).length / pixels.length;
  // Axes and titles alone are less than that; a chart's lines and a slice's pixels are more.
  return white < 0.985 ? undefined : `a picture that is ${(100 * white).toFixed(1)} % white`;
}

/** Whether an output is a picture. */
export function isPicture(output: Output): boolean {
  return PICTURE.test(htmlOf(output));
}

function htmlOf({ data = {} }: Output): string {
  return textOf(data["text/html"]);
}

import { decode } from "fast-png";

/** Size of a PNG, and how far its pixels are from being all alike. */
export function inspectPng(png: Uint8Array): { width: number; height: number; deviation: number } {
  const { width, height, data, channels } = decode(png);
  let sum = 0, squares = 0, count = 0;
  for (let i = 0; i < data.length; i += channels) {
    sum += data[i]!;
    squares += data[i]! ** 2;
    count++;
  }
  return { width, height, deviation: Math.sqrt(squares / count - (sum / count) ** 2) };
}

/** A slice with a bright disc, and the disc as a mask. */
export function disc(height: number, width: number, shift = 0) {
  const at = (i: number) => {
    const [y, x] = [Math.floor(i / width), i % width];
    return Math.hypot(y - height / 2 - shift, x - width / 2) < Math.min(height, width) / 4 ? 1 : 0;
  };
  const mask = Uint8Array.from({ length: height * width }, (_, i) => at(i));
  const image = Float32Array.from(mask, (m, i) => 0.5 * m + 0.4 * (i % width) / width);
  return { image, mask, height, width };
}

/** The pictures inside an SVG, in order, as red, green and blue at (row, column). */
export function picturesOf(svg: string) {
  return [...svg.matchAll(/<image[^>]*href="data:image\/png;base64,([^"]+)"/g)].map(([, text]) => {
    const { width, height, data, channels } = decode(
      Uint8Array.from(atob(text!), (c) => c.charCodeAt(0)),
    );
    const at = (y: number, x: number) => [
      ...data.subarray((y * width + x) * channels, (y * width + x) * channels + 3),
    ];
    return { width, height, at };
  });
}

/** The values of a path's points, "M x,y L x,y …", in pixels. */
export function pointsOf(path: string): [number, number][] {
  return [...path.matchAll(/[ML]?(-?[\d.]+),(-?[\d.]+)/g)].map((
    [, x, y],
  ) => [Number(x), Number(y)]);
}

/** The marks of one kind in a chart of Plot, group by group: dots, straight lines and curves, in pixels. */
export function marksOf(svg: string, kind: "dot" | "rule" | "line" | "x-grid" | "y-grid") {
  const groups = svg.matchAll(RegExp(`<g([^>]*aria-label="${kind}"[^>]*)>(.*?)</g>`, "gs"));
  const number = (text: string, name: string) =>
    Number(RegExp(` ${name}="([^"]*)"`).exec(text)![1]);
  return [...groups].map(([, attributes, marks]) => ({
    attributes: attributes!,
    dots: [...marks!.matchAll(/<circle[^>]*>/g)].map(([dot]) =>
      [number(dot, "cx"), number(dot, "cy")] as const
    ),
    lines: [...marks!.matchAll(/<line[^>]*>/g)].map(([line]) => ({
      from: [number(line, "x1"), number(line, "y1")] as const,
      to: [number(line, "x2"), number(line, "y2")] as const,
    })),
    curves: [...marks!.matchAll(/<path[^>]* d="([^"]*)"[^>]*>/g)].map(([path, d]) => ({
      stroke: / stroke="([^"]*)"/.exec(path)?.[1] ?? / stroke="([^"]*)"/.exec(attributes!)?.[1],
      points: pointsOf(d!),
    })),
  }));
}

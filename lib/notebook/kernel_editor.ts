/**
 * A 3 × 3 kernel that one edits, and what it sees.
 *
 * @module
 */

import { divergingColour } from "../plots/palette.ts";
import { orientForDisplay, quantile, type Raster, type View } from "../plots/raster.ts";
import { paint } from "./paint.ts";
import { type LiveView, pagePart } from "./page_part.ts";
import { sliceFigure } from "./slice_figure.ts";

/** Kernels by name, row by row as they lie on the picture. */
export const KERNELS = {
  "edges from left to right (Sobel)": [-1, 0, 1, -2, 0, 2, -1, 0, 1],
  "edges from top to bottom (Sobel)": [-1, -2, -1, 0, 0, 0, 1, 2, 1],
  "all edges (Laplace)": [0, 1, 0, 1, -4, 1, 0, 1, 0],
  "blur": [0.0625, 0.125, 0.0625, 0.125, 0.25, 0.125, 0.0625, 0.125, 0.0625],
  "the image itself": [0, 0, 0, 0, 1, 0, 0, 0, 0],
} as const;

const HTML = `<style>
:host { display: block; max-width: 46rem; font: 14px system-ui, sans-serif; color: inherit }
div { display: flex; flex-wrap: wrap; gap: .6rem 1.2rem; align-items: center; margin: .4rem 0 }
#kernel { display: grid; grid-template-columns: repeat(3, 4rem); gap: .2rem; margin: 0 }
label { display: flex; gap: .4rem; align-items: center }
input, select { font: inherit; min-width: 0 }
figure { margin: 0 }
figcaption { margin-bottom: .2rem }
canvas { display: block; width: 14rem; border: 1px solid #999 }
p { margin: .4rem 0; font-variant-numeric: tabular-nums }
</style>
<label>Kernel <select id="name"></select></label>
<div>
<figure><figcaption>Image</figcaption><canvas id="image"></canvas></figure>
<div id="kernel"></div>
<figure><figcaption>What a cell sees</figcaption><canvas id="seen"></canvas></figure>
</div>
<p id="says" aria-live="polite"></p>`;

/**
 * What each cell sees through a kernel: the sum of its neighbours, each times its place in the kernel.
 * Beyond the border is 0.
 *
 * @param kernel 3 × 3, row by row.
 * @returns As `tf.depthwiseConv2d` with padding "same".
 */
export function seenThrough(
  { data, height, width }: Raster,
  kernel: ArrayLike<number>,
): Float32Array {
  return Float32Array.from({ length: height * width }, (_, i) => {
    let sum = 0;
    for (let k = 0; k < 9; k++) {
      const [y, x] = [Math.floor(i / width) + Math.floor(k / 3) - 1, i % width + k % 3 - 1];
      if (y >= 0 && y < height && x >= 0 && x < width) sum += kernel[k]! * data[y * width + x]!;
    }
    return sum;
  });
}

/** What the part shows. */
interface Editor {
  image: Raster;
  /** The values of black and white. */
  range: readonly [number, number];
  kernels: Readonly<Record<string, readonly number[]>>;
  /** From the most negative to the most positive number. */
  signed: readonly (readonly number[])[];
}

/** Shows the editor in an element, instead of what is there. */
function startEditor(root: HTMLElement, data: Editor, html: string): void {
  const { image, kernels, signed, range: [low, high] } = data;
  const shadow = root.attachShadow({ mode: "open" });
  shadow.innerHTML = html;
  const size = [image.width, image.height] as const;
  const find = <E extends Element>(id: string) => shadow.querySelector<E>(`#${id}`)!;
  const select = find<HTMLSelectElement>("name");
  for (const name of [...Object.keys(kernels), "my own"]) select.append(new Option(name));
  const inputs = Array.from({ length: 9 }, (_, k) => {
    const input = document.createElement("input");
    [input.type, input.step] = ["number", "any"];
    input.ariaLabel = `Row ${Math.floor(k / 3) + 1}, column ${k % 3 + 1} of the kernel`;
    input.addEventListener("input", () => {
      select.value = "my own";
      draw();
    });
    find("kernel").append(input);
    return input;
  });

  function draw(): void {
    const seen = seenThrough(image, inputs.map((input) => Number(input.value)));
    const most = seen.reduce((a, value) => Math.max(a, Math.abs(value)), 1e-9);
    const last = signed.length - 1;
    paint(find("seen"), size, (i) => signed[Math.round((seen[i]! / most + 1) / 2 * last)]!);
    find("says").textContent = `Blue: down to −${most.toFixed(2)}, white: 0, orange: up to ` +
      `${most.toFixed(2)}. The numbers lie on the picture as they stand here.`;
  }

  function choose(): void {
    kernels[select.value]?.forEach((value, k) => inputs[k]!.value = String(value));
    draw();
  }
  select.addEventListener("input", choose);
  paint(find("image"), size, (i) => {
    const grey = 255 * (image.data[i]! - low) / (high - low);
    return [grey, grey, grey];
  });
  choose();
}

/**
 * A slice, a 3 × 3 kernel that one edits, and what a cell sees through it. It needs no kernel of
 * Jupyter.
 *
 * @param slice The image.
 * @param options.view The orientation of the slice. Default: cut along axis 2 of a volume in RAS.
 *
 * @example
 * ```ts
 * import { kernelEditor } from "./kernel_editor.ts";
 * import assert from "node:assert/strict";
 *
 * const slice = { data: [0, 1, 2, 3], height: 2, width: 2 };
 * assert.match(kernelEditor(slice).html, /Sobel/); // await show(kernelEditor(slice))
 * ```
 */
export function kernelEditor(slice: Raster, options: { view?: View } = {}): LiveView {
  const turned = orientForDisplay(slice, options.view ?? {});
  const image = { ...turned, data: Float32Array.from(turned.data) };
  const [name, kernel] = Object.entries(KERNELS)[0]!;
  const seen = seenThrough(image, kernel);
  const { height, width } = image;
  const still = sliceFigure([
    { ...image, title: "image" },
    { data: seen, height, width, title: name, colour: "signed" },
  ], { view: "raw", title: "What a cell sees through a kernel" });
  const data: Editor = {
    ...{ image, kernels: KERNELS },
    range: [quantile(image.data, 0.005), quantile(image.data, 0.995)],
    signed: Array.from({ length: 65 }, (_, i) => divergingColour(i / 32 - 1)),
  };
  return pagePart({
    functions: [paint, seenThrough, startEditor],
    ...{ start: startEditor, html: HTML, data, still },
    alt: "A slice, and what a cell sees of it through a kernel for edges",
  });
}

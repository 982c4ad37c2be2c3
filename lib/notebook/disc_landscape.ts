/**
 * The loss of a disc, with sliders for its radius and shift.
 *
 * @module
 */

import { paint } from "./paint.ts";
import { type LiveView, pagePart } from "./page_part.ts";
import { sliceFigure } from "./slice_figure.ts";

/** Height and width of the slice. */
const SIDE = 64;
/** A map has a column for each shift, −16 to 16, and a row for each radius, 24 to 0. */
const [SHIFTS, RADII] = [33, 25];
/** The truths by name: a disc of this radius in the middle; with −1 it is empty. */
const TRUTHS = { "large gland": 14, "tiny gland": 3, "empty slice": -1 } as const;

const HTML = `<style>
:host { display: block; max-width: 46rem; font: 14px system-ui, sans-serif; color: inherit }
div { display: flex; flex-wrap: wrap; gap: .6rem 1.2rem; align-items: end; margin: .4rem 0 }
label { display: flex; gap: .4rem; align-items: center }
figure { margin: 0 }
figcaption { margin-bottom: .2rem }
canvas { display: block; width: 13rem; image-rendering: pixelated; border: 1px solid #999 }
select { font: inherit }
p { margin: .4rem 0; font-variant-numeric: tabular-nums }
</style>
<div>
<label>Truth <select id="truth"></select></label>
<label>Radius of the guess <input type="range" id="radius" min="0" max="24" value="11"></label>
<label>Shift <input type="range" id="shift" min="-16" max="16" value="4"></label>
</div>
<p id="says" aria-live="polite"></p>
<div>
<figure><figcaption>Guess (grey) and truth (blue)</figcaption><canvas id="picture"></canvas></figure>
<figure><figcaption>Dice loss</figcaption><canvas id="dice"></canvas></figure>
<figure><figcaption>BCE</figcaption><canvas id="bce"></canvas></figure>
</div>
<p>In the maps the shift grows to the right and the radius upwards. Dark is a small loss; white is
the largest of the map. The cross is the guess.</p>`;

/** A disc on a grid of `side` × `side`, its edge soft by a pixel: 1 inside, 0 outside. */
export function softDisc(side: number, radius: number, shift: number): Float32Array {
  return Float32Array.from({ length: side * side }, (_, i) => {
    const distance = Math.hypot(i % side - side / 2 - shift, Math.floor(i / side) - side / 2);
    return Math.min(1, Math.max(0, radius + 0.5 - distance));
  });
}

/**
 * The losses of a guess, a mask whose logits are 8 inside and −8 outside.
 *
 * @returns Dice loss and cross-entropy, as `diceLoss` and `bceLoss` compute them.
 */
export function maskLosses(guess: Float32Array, truth: Float32Array): [dice: number, bce: number] {
  let [overlap, sum, surprise] = [0, 0, 0];
  for (let i = 0; i < guess.length; i++) {
    const [x, z] = [(2 * guess[i]! - 1) * 8, truth[i]!];
    const p = 1 / (1 + Math.exp(-x));
    overlap += p * z;
    sum += p + z;
    surprise += Math.max(x, 0) - x * z + Math.log1p(Math.exp(-Math.abs(x)));
  }
  return [1 - (2 * overlap + 1e-5) / (sum + 1e-5), surprise / guess.length];
}

/** What the part shows. */
interface Landscape {
  side: number;
  shifts: number;
  radii: number;
  truths: Readonly<Record<string, number>>;
}

/** Both maps of a truth, row by row from the largest radius. */
export function lossMaps({ side, shifts, radii }: Landscape, truth: Float32Array): Float32Array[] {
  const maps = [new Float32Array(shifts * radii), new Float32Array(shifts * radii)];
  for (let i = 0; i < shifts * radii; i++) {
    const shift = i % shifts - (shifts - 1) / 2;
    const guess = softDisc(side, radii - 1 - Math.floor(i / shifts), shift);
    maskLosses(guess, truth).forEach((loss, map) => maps[map]![i] = loss);
  }
  return maps;
}

/** Shows the landscape in an element, instead of what is there. */
function startLandscape(root: HTMLElement, data: Landscape, html: string): void {
  const { side, shifts, radii, truths } = data;
  const shadow = root.attachShadow({ mode: "open" });
  shadow.innerHTML = html;
  const find = <E extends Element>(id: string) => shadow.querySelector<E>(`#${id}`)!;
  const value = (id: string) => Number(find<HTMLInputElement>(id).value);
  const select = find<HTMLSelectElement>("truth");
  for (const name of Object.keys(truths)) select.append(new Option(name));
  let truth = new Float32Array(0);
  let maps: Float32Array[] = [];

  function draw(): void {
    const [radius, shift] = [value("radius"), value("shift")];
    const guess = softDisc(side, radius, shift);
    const isEdge = (i: number) =>
      truth[i] === 1 && [i - 1, i + 1, i - side, i + side].some((at) => truth[at] === 0);
    paint(find("picture"), [side, side], (i) => {
      const grey = 255 * guess[i]!;
      return isEdge(i) ? [86, 180, 233] : [grey, grey, grey];
    });
    const [column, row] = [shift + (shifts - 1) / 2, radii - 1 - radius];
    for (const [at, id] of ["dice", "bce"].entries()) {
      const map = maps[at]!;
      const most = map.reduce((a, b) => Math.max(a, b), 1e-9);
      paint(find(id), [shifts, radii], (i) => {
        const [x, y] = [i % shifts - column, Math.floor(i / shifts) - row];
        const grey = 255 * map[i]! / most;
        return (x === 0 && Math.abs(y) < 3) || (y === 0 && Math.abs(x) < 3)
          ? [213, 94, 0]
          : [grey, grey, grey];
      });
    }
    const [dice, bce] = maskLosses(guess, truth);
    find("says").textContent = `Radius ${radius}, shift ${shift}: Dice loss ${dice.toFixed(3)} + ` +
      `BCE ${bce.toFixed(3)} = ${(dice + bce).toFixed(3)}`;
  }

  function change(): void {
    truth = softDisc(side, truths[select.value]!, 0).map(Math.round);
    maps = lossMaps(data, truth);
    draw();
  }
  select.addEventListener("input", change);
  for (const id of ["radius", "shift"]) find(id).addEventListener("input", draw);
  change();
}

/**
 * The landscape of both losses for a guess that is a disc: sliders move its radius and shift, and a
 * cross shows where it is on the maps. It needs no kernel.
 *
 * @example
 * ```ts
 * import { discLandscape } from "./disc_landscape.ts";
 * import assert from "node:assert/strict";
 *
 * assert.match(discLandscape().html, /Radius of the guess/); // await show(discLandscape())
 * ```
 */
export function discLandscape(): LiveView {
  const data: Landscape = { side: SIDE, shifts: SHIFTS, radii: RADII, truths: TRUTHS };
  const truth = softDisc(SIDE, TRUTHS["large gland"], 0).map(Math.round);
  const still = sliceFigure(
    lossMaps(data, truth).map((map, i) => ({
      ...{ data: map, height: RADII, width: SHIFTS, smooth: false },
      title: ["Dice loss", "BCE"][i]!,
      caption: "→ shift, ↑ radius",
    })),
    { view: "raw", title: "Loss of a disc, large gland" },
  );
  return pagePart({
    functions: [paint, softDisc, maskLosses, lossMaps, startLandscape],
    ...{ start: startLandscape, html: HTML, data, still },
    alt: "Maps of the Dice loss and of BCE by shift and radius of the guess",
  });
}

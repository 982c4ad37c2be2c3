/**
 * The live view of notebooks in the browser. It is inlined into the notebook, so it uses nothing but
 * what `live.ts` inlines beside it.
 *
 * @module
 */

import { maskOf, probabilitiesOf } from "../evaluation/probabilities.ts";
import { listenToBrush } from "../live/brush_input.ts";
import { strokePixels } from "../live/brush.ts";
import type { Stroke } from "../live/situation.ts";
import type { Targets } from "../slices/case.ts";
import { type RunData, type RunSettings, startRun } from "./live_run.ts";

/** A colour: red, green, blue. */
type Colour = readonly number[];

/** Everything that the view shows. */
export interface ViewData extends RunData {
  readonly fireRate: number;
  readonly kind: Targets["kind"];
  /** The number of logits. */
  readonly classes: number;
  /** Codes on the grid; null if there is no label. */
  readonly truth: Uint8Array | null;
  /** The grey level of the image's first channel, black and white. */
  readonly range: readonly [number, number];
  /** How the grid is turned upright: the pixel at the upper left, and how far it is to the next. */
  readonly turn: {
    readonly height: number;
    readonly width: number;
    readonly first: number;
    readonly right: number;
    readonly down: number;
  };
  readonly colours: {
    readonly classes: readonly Colour[];
    readonly truth: Colour;
    /** From 0 to 1. */
    readonly part: readonly Colour[];
    /** From the most negative to the most positive number. */
    readonly signed: readonly Colour[];
  };
}

/** The elements of the view. */
export const LIVE_HTML = `<style>
:host { display: block; max-width: 26rem; font: 14px system-ui, sans-serif; color: inherit }
canvas { display: block; width: 100%; image-rendering: pixelated; cursor: crosshair; touch-action: pinch-zoom }
div { display: flex; flex-wrap: wrap; gap: .4rem .8rem; align-items: center; margin: .4rem 0 }
label { display: flex; gap: .4rem; align-items: center }
button, select { font: inherit; padding: .15rem .6rem }
#step { flex: 1; min-width: 8rem }
p { margin: .4rem 0; font-variant-numeric: tabular-nums }
</style>
<canvas tabindex="0" role="application" aria-label="The automaton: drag to erase cells, or use the arrow keys and Enter"></canvas>
<div>
<button type="button" id="play">Play</button>
<button type="button" id="next">Step</button>
<button type="button" id="reset">Reset</button>
<button type="button" id="undo">Undo</button>
<input type="range" id="step" min="0" value="0" aria-label="Step">
</div>
<div>
<label>Show <select id="show"></select></label>
<label>Brush <input type="range" id="radius" min="0" max="16" value="5"></label>
<label>Fire rate <input type="range" id="fireRate" min="0.05" max="1" step="0.05"></label>
<label>Noise <input type="range" id="noise" min="0" max="0.5" step="0.01" value="0"></label>
</div>
<p id="where"></p>`;

/** Shows the automaton in an element, instead of what is there. */
export function startView(root: HTMLElement, data: ViewData, html: string): void {
  const { height, width, channels, imageChannels: n, classes: k, kind, truth, turn } = data;
  const [coarse, fine] = data.steps;
  const shadow = root.attachShadow({ mode: "open" });
  shadow.innerHTML = html;
  const find = <E extends Element>(selector: string) => shadow.querySelector<E>(selector)!;
  const control = (id: string) => find<HTMLInputElement>(`#${id}`);
  const canvas = find<HTMLCanvasElement>("canvas");
  const context = canvas.getContext("2d")!;
  const run = startRun(data);
  let settings: RunSettings = { fireRate: data.fireRate, noise: 0, strokes: [] };
  let [step, isPlaying] = [0, false];
  let brush: Stroke | null = null;

  /** A number or code for each cell, and the colour of it; null where the image is seen. */
  function plane(state: Float32Array): (cell: number) => Colour | null {
    const show = find<HTMLSelectElement>("select").value;
    const cells = state.length / channels;
    const at = (map: readonly Colour[], part: number) =>
      map[Math.round(Math.min(Math.max(part, 0), 1) * (map.length - 1))]!;
    if (show !== "mask" && show !== "probability") {
      const channel = Number(show);
      const value = (cell: number) => state[cell * channels + channel]!;
      let most = 1e-30;
      for (let cell = 0; cell < cells; cell++) most = Math.max(most, Math.abs(value(cell)));
      return (cell) => at(data.colours.signed, (value(cell) / most + 1) / 2);
    }
    const logits = Float32Array.from(
      { length: cells * k },
      (_, i) => state[Math.floor(i / k) * channels + n + i % k]!,
    );
    const parts = probabilitiesOf(logits, kind, k);
    if (show === "probability") {
      return (cell) => {
        let most = 0;
        for (let c = 0; c < k; c++) most = Math.max(most, parts[c * cells + cell]!);
        return at(data.colours.part, most);
      };
    }
    const mask = maskOf(parts, kind, k);
    return (cell) => {
      const code = mask[cell]!;
      if (code === 0) return null;
      return data.colours.classes[kind === "classes" ? code - 1 : 31 - Math.clz32(code)]!;
    };
  }

  /** The cell of a pixel of the grid. */
  function cellOf(pixel: number): number {
    const [, across] = run.sizeAt(step);
    const side = width / across;
    return Math.floor(Math.floor(pixel / width) / side) * across +
      Math.floor(pixel % width / side);
  }

  /** Whether a pixel is in the label, at its border. */
  function isOutline(pixel: number): boolean {
    const isIn = (at: number) => truth![at]! > 0 && truth![at]! < 255;
    return truth !== null && isIn(pixel) &&
      [pixel - 1, pixel + 1, pixel - width, pixel + width].some((at) => !isIn(at));
  }

  function draw(): void {
    const state = run.stateAt(step, settings);
    const image = run.image(settings);
    const [low, high] = data.range;
    const colour = plane(state);
    const isMask = find<HTMLSelectElement>("select").value === "mask";
    const covered = brush && strokePixels(brush, height, width);
    const picture = context.createImageData(turn.width, turn.height);
    const overlay = (below: Colour, above: Colour, share: number) =>
      below.map((value, i) => value + share * (above[i]! - value));
    for (let y = 0, at = 0; y < turn.height; y++) {
      for (let x = 0; x < turn.width; x++, at += 4) {
        const pixel = turn.first + x * turn.right + y * turn.down;
        const level = (image[pixel * n]! - low) / (high - low);
        const grey = 255 * Math.min(Math.max(level || 0, 0), 1);
        let shown: Colour = [grey, grey, grey];
        const above = colour(cellOf(pixel));
        if (above !== null) shown = overlay(shown, above, isMask ? 0.5 : 1);
        if (isMask && isOutline(pixel)) shown = overlay(shown, data.colours.truth, 0.8);
        if (covered?.[pixel] === 1) shown = overlay(shown, [255, 255, 255], 0.35);
        picture.data.set([...shown, 255], at);
      }
    }
    context.putImageData(picture, 0, 0);
    find("#where").textContent = describe(state);
    control("step").value = String(step);
    control("undo").disabled = settings.strokes.length === 0;
    const text = isPlaying ? "Pause" : "Play";
    if (find("#play").textContent !== text) find("#play").textContent = text;
  }

  function describe(state: Float32Array): string {
    const [stage, done, of] = step <= coarse
      ? ["coarse", step, coarse]
      : ["fine", step - coarse, fine];
    const beyond = Number(done) > Number(of) ? ", beyond its training" : ` of ${of}`;
    const text = `Step ${step}: ${stage} ${done}${beyond}`;
    if (truth === null || k > 1) return text;
    let [both, sum] = [0, 0];
    for (let pixel = 0; pixel < truth.length; pixel++) {
      if (truth[pixel] === 255) continue; // ignored
      const isIn = state[cellOf(pixel) * channels + n]! > 0;
      both += Number(isIn && truth[pixel]! > 0);
      sum += Number(isIn) + Number(truth[pixel]! > 0);
    }
    return sum === 0 ? text : `${text} · Dice ${(2 * both / sum).toFixed(3)}`;
  }

  function go(to: number): void {
    step = Math.min(Math.max(to, 0), Number(control("step").max));
    draw();
  }

  function change(by: Partial<RunSettings>): void {
    settings = { ...settings, ...by };
    draw();
  }

  /** Plays to the last step of the model, and beyond only if asked again. */
  function play(): void {
    const last = Number(control("step").max);
    if (step === last) step = 0;
    const end = step < coarse + fine ? coarse + fine : last;
    isPlaying = true;
    const tick = () => {
      if (!isPlaying || !root.isConnected) return;
      isPlaying = step + 1 < end;
      go(step + 1);
      if (isPlaying) setTimeout(tick, 60);
    };
    tick();
  }

  function pause(): void {
    isPlaying = false;
  }

  /** From the picture to the grid. */
  function onGrid({ x, y }: { readonly x: number; readonly y: number }): [number, number] {
    const [column, row] = [Math.min(Math.max(x, 0), turn.width - 1), Math.max(y, 0)];
    const pixel = turn.first + column * turn.right + Math.min(row, turn.height - 1) * turn.down;
    return [pixel % width, Math.floor(pixel / width)];
  }

  function undo(): void {
    change({ strokes: settings.strokes.slice(0, -1) });
  }

  function strokeAt(points: readonly number[]): Stroke {
    return { step, tool: "erase", radius: control("radius").valueAsNumber, points };
  }

  [canvas.width, canvas.height] = [turn.width, turn.height];
  canvas.style.aspectRatio = `${turn.width} / ${turn.height}`;
  control("step").max = String(coarse + fine + 40);
  control("fireRate").value = String(data.fireRate);
  const names = ["mask", "probability", ...Array.from({ length: channels }, (_, i) => String(i))];
  find("select").append(
    ...names.map((name, i) => new Option(i < 2 ? name : `channel ${name}`, name)),
  );
  listenToBrush(canvas, {
    size: () => [turn.height, turn.width],
    onBegin: (place) => {
      pause();
      change({ strokes: [...settings.strokes, strokeAt(onGrid(place))] });
    },
    onExtend: (place) => {
      const last = settings.strokes.at(-1)!;
      const points = [...last.points, ...onGrid(place)];
      change({ strokes: [...settings.strokes.slice(0, -1), { ...last, points }] });
    },
    onEnd: () => {},
    onCancel: undo,
    onMove: (place) => {
      brush = place && strokeAt(onGrid(place));
      draw();
    },
  });
  const onClick = (id: string, act: () => void) =>
    control(id).addEventListener("click", () => {
      const wasPlaying = isPlaying;
      pause();
      if (id !== "play" || !wasPlaying) act();
      else draw();
    });
  onClick("play", play);
  onClick("next", () => go(step + 1));
  onClick("reset", () => go(0));
  onClick("undo", undo);
  control("step").addEventListener("input", () => {
    pause();
    go(control("step").valueAsNumber);
  });
  find("select").addEventListener("change", draw);
  for (const id of ["fireRate", "noise"]) {
    control(id).addEventListener("input", () => change({ [id]: control(id).valueAsNumber }));
  }
  draw();
  if (matchMedia("(prefers-reduced-motion: reduce)").matches) return go(coarse + fine);
  const watcher = new IntersectionObserver((entries) => {
    if (!entries.some(({ isIntersecting }) => isIntersecting)) return;
    watcher.disconnect();
    if (step === 0 && settings.strokes.length === 0) play();
  });
  watcher.observe(root);
}

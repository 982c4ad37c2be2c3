/**
 * A situation of the page: everything that decides what the automaton does, in a form for the
 * address.
 *
 * @module
 */

/** The effect of a brush. */
export const TOOLS = ["erase", "brighten", "darken"] as const;

/** The name of a brush. */
export type Tool = typeof TOOLS[number];

/** One stroke of a brush. */
export interface Stroke {
  /** The number of steps before it, of both stages together. */
  readonly step: number;
  readonly tool: Tool;
  /** Of the brush, in pixels of the model's grid. */
  readonly radius: number;
  /** x and y of the places that it went over, one after the other, in whole pixels. */
  readonly points: readonly number[];
}

/** The settings with a slider: limits, step and the value that changes nothing. */
export const SLIDERS = {
  noise: { min: 0, max: 0.5, step: 0.01, none: 0 },
  bias: { min: 1, max: 5, step: 0.1, none: 1 },
  contrast: { min: 0.2, max: 3, step: 0.05, none: 1 },
} as const;

/** How the image is changed before the automaton sees it. */
export type ImageChange = Record<keyof typeof SLIDERS, number>;

/** All that decides what the automaton does. */
export interface Situation extends ImageChange {
  /** The place of the slice in its case. */
  readonly slice: number;
  /** Decides which cells fire. */
  readonly seed: number;
  /** Of the coarse stage, and of the fine one before the mask counts; it can go on after that. */
  readonly steps: readonly [coarse: number, fine: number];
  readonly fireRate: number;
  readonly strokes: readonly Stroke[];
}

/** A situation, and what of it is looked at. */
export interface Scene extends Situation {
  /** How many steps are done. */
  readonly step: number;
  readonly show: Shown;
}

/**
 * What is shown on the grid: the mask, the probability, a channel of the state by its number; the mask
 * of the whole volume as it was segmented last, or how far ten runs differ.
 */
export type Shown = "mask" | "probability" | "result" | "deviation" | number;

/** No run is longer than this. */
export const MOST_STEPS = 1000;

/** More points than this do not fit an address. */
const MOST_POINTS = 20_000;

/**
 * Writes what differs from the defaults as the query of an address. What is shown of a result is not
 * there for others, and left out.
 *
 * @example
 * ```ts
 * import { encodeScene, decodeScene, type Scene } from "./situation.ts";
 * import assert from "node:assert/strict";
 *
 * const none: Scene = {
 *   ...{ slice: 0, seed: 0, steps: [40, 20], fireRate: 0.5, noise: 0, bias: 1, contrast: 1 },
 *   ...{ strokes: [], step: 0, show: "mask" },
 * };
 * const stroke = { step: 20, tool: "erase", radius: 4, points: [30, 12, 31, 14] } as const;
 * const scene: Scene = { ...none, noise: 0.1, show: 3, strokes: [stroke] };
 * assert.equal(encodeScene(scene, none), "noise=0.1&show=3&strokes=erase.20.4.30.12.31.14");
 * assert.deepEqual(decodeScene(encodeScene(scene, none), none), { scene, problems: [] });
 * ```
 */
export function encodeScene(scene: Scene, defaults: Scene): string {
  const query = new URLSearchParams();
  for (const name of NAMES) {
    const [text, usual] = [scene, defaults].map((each) => format(each, name));
    if (text !== usual) query.set(name, text!);
  }
  return query.toString();
}

/**
 * Reads what {@linkcode encodeScene} wrote.
 *
 * @returns The scene, with the defaults for what is not given or cannot be used, which the problems
 * name.
 */
export function decodeScene(query: string, defaults: Scene): { scene: Scene; problems: string[] } {
  const scene: Record<string, unknown> = { ...defaults };
  const problems: string[] = [];
  for (const [name, text] of new URLSearchParams(query)) {
    const value = isName(name) ? PARSERS[name](text) : undefined;
    if (value === undefined) problems.push(`${name}=${text.slice(0, 40)}`);
    else scene[name] = value;
  }
  return { scene: scene as unknown as Scene, problems };
}

function format(scene: Scene, name: keyof Scene): string {
  if (name === "show") return String(PARSERS.show(String(scene.show)) ?? "mask");
  if (name !== "strokes") return String(scene[name]);
  return scene.strokes.map(({ tool, step, radius, points }) =>
    [tool, step, radius, ...points].join(".")
  ).join("_");
}

function number(
  least: number,
  most: number,
  isWhole = false,
): (text: string) => number | undefined {
  return (text) => {
    const value = text === "" ? NaN : Number(text);
    return value >= least && value <= most && (!isWhole || Number.isInteger(value))
      ? value
      : undefined;
  };
}

const whole = (least: number, most: number) => number(least, most, true);

const PARSERS: { [N in keyof Scene]: (text: string) => Scene[N] | undefined } = {
  slice: whole(0, 1e5),
  seed: whole(0, 2 ** 32 - 1),
  steps(text) {
    const steps = text.split(",").map(whole(0, MOST_STEPS));
    const [coarse, fine] = steps;
    return steps.length === 2 && coarse! > 0 && fine! > 0 ? [coarse!, fine!] : undefined;
  },
  fireRate: number(0.01, 1),
  noise: number(SLIDERS.noise.min, SLIDERS.noise.max),
  bias: number(SLIDERS.bias.min, SLIDERS.bias.max),
  contrast: number(SLIDERS.contrast.min, SLIDERS.contrast.max),
  step: whole(0, MOST_STEPS),
  show: (text) => text === "mask" || text === "probability" ? text : whole(0, 63)(text),
  strokes(text) {
    const strokes = text.split("_").map(parseStroke);
    const points = strokes.reduce((sum, stroke) => sum + (stroke?.points.length ?? NaN), 0);
    return points <= MOST_POINTS ? strokes as Stroke[] : undefined;
  },
};

const NAMES = Object.keys(PARSERS) as (keyof Scene)[];

function isName(name: string): name is keyof Scene {
  return Object.hasOwn(PARSERS, name);
}

function parseStroke(text: string): Stroke | undefined {
  const [tool, ...numbers] = text.split(".");
  const [step, radius, ...points] = numbers.map(Number);
  const isSound = numbers.every((number) => /^-?\d{1,5}$/.test(number)) && points.length > 0 &&
    points.length % 2 === 0 && step! >= 0 && step! <= MOST_STEPS && radius! >= 0;
  if (!isSound || !(TOOLS as readonly (string | undefined)[]).includes(tool)) return undefined;
  return { step: step!, tool: tool as Tool, radius: radius!, points };
}

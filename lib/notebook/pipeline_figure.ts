/**
 * The way from a volume to a mask, as a figure.
 *
 * @module
 */

import { Figure } from "../plots/figure.ts";
import { MUTED_COLOUR, OKABE_ITO } from "../plots/palette.ts";
import { svgDocument, svgGroup, svgLegend, svgLines, svgText } from "../plots/svg.ts";

/** A step of the pipeline, and what leads to the next one. */
interface Station {
  name: string;
  what: string;
  chapter: keyof typeof COLOURS;
  next?: string;
}

const COLOURS = {
  "chapter 2: data": OKABE_ITO.skyBlue,
  "chapter 1: the automata": OKABE_ITO.green,
  "chapter 3: the loss": OKABE_ITO.purple,
  "chapter 4: training": OKABE_ITO.orange,
  "chapter 5: evaluation": OKABE_ITO.blue,
} as const;

const STATIONS: readonly Station[] = [
  {
    name: "Volume",
    what: "NIfTI: height × width × slices, with voxel sizes and orientation",
    chapter: "chapter 2: data",
    next: "normalise, cut",
  },
  {
    name: "Slice",
    what: "height × width, values from 0 to 1",
    chapter: "chapter 2: data",
    next: "to ¼ of its size",
  },
  {
    name: "Coarse NCA",
    what: "16 channels, kernel 7 × 7, 40 steps: finds the object",
    chapter: "chapter 1: the automata",
    next: "up × 4; the image into channel 0",
  },
  {
    name: "Fine NCA",
    what: "16 channels, kernel 3 × 3, 20 steps: draws its outline",
    chapter: "chapter 1: the automata",
    next: "channel 1",
  },
  {
    name: "Logits",
    what: "height × width: above 0 means object",
    chapter: "chapter 5: evaluation",
    next: "above 0?",
  },
  {
    name: "Mask",
    what: "stacked to a volume again, in the grid of the image",
    chapter: "chapter 5: evaluation",
  },
];

const [BOX, GAP, HEIGHT, LEFT, TOP] = [128, 54, 150, 16, 122];
const [LOSS_TOP, LOSS_HEIGHT] = [TOP + HEIGHT + 40, 72];
const WIDTH = 2 * LEFT + STATIONS.length * (BOX + GAP) - GAP;

/**
 * Draws the pipeline: volume, slice, coarse automaton, fine automaton, logits and mask, with what
 * happens between them and the loop of training below; colours name the chapters.
 *
 * @example
 * ```ts
 * import { pipelineFigure } from "./pipeline_figure.ts";
 * import assert from "node:assert/strict";
 *
 * assert.match(pipelineFigure().alt, /Volume.*normalise, cut.*Coarse NCA.*Fine NCA.*Mask/s);
 * ```
 */
export function pipelineFigure(): Figure {
  const x = (station: number) => LEFT + station * (BOX + GAP);
  const boxes = STATIONS.map(({ name, what, chapter, next }, i) =>
    box(x(i), TOP, { name, what, height: HEIGHT, colour: COLOURS[chapter] }) +
    (next === undefined
      ? ""
      : arrow([[x(i) + BOX, TOP + HEIGHT / 2], [x(i + 1), TOP + HEIGHT / 2]]) +
        svgGroup(
          x(i) + BOX - 22,
          TOP - 62,
          svgLines(next, { size: 13, width: GAP + 58, colour: MUTED_COLOUR }).content,
        ))
  );
  const middle = LOSS_TOP + LOSS_HEIGHT / 2;
  const centre = (station: number) => x(station) + BOX / 2;
  const loop = [
    box(x(4), LOSS_TOP, {
      name: "Loss",
      what: "Dice + cross-entropy, with the label",
      height: LOSS_HEIGHT,
      colour: COLOURS["chapter 3: the loss"],
      width: 2 * BOX + GAP,
    }),
    box(x(2), LOSS_TOP, {
      name: "Adam",
      what: "changes 7,390 parameters by the gradient",
      height: LOSS_HEIGHT,
      colour: COLOURS["chapter 4: training"],
      width: 2 * BOX + GAP,
    }),
    arrow([[centre(4), TOP + HEIGHT], [centre(4), LOSS_TOP]]),
    arrow([[x(4), middle], [x(3) + BOX, middle]]),
    arrow([[centre(2), LOSS_TOP], [centre(2), TOP + HEIGHT]]),
    arrow([[centre(3), LOSS_TOP], [centre(3), TOP + HEIGHT]]),
  ];
  const entries = Object.entries(COLOURS).map(([label, colour]) => ({ label, colour }));
  const legend = svgLegend(entries, { width: WIDTH - 2 * LEFT, size: 14 });
  const content = svgText("From a volume to a mask", LEFT, 36, { size: 22, bold: true }) +
    boxes.join("") + loop.join("") +
    svgGroup(LEFT, LOSS_TOP + LOSS_HEIGHT + 16, legend.content);
  return new Figure(svgDocument(WIDTH, LOSS_TOP + LOSS_HEIGHT + legend.height + 32, content));
}

interface Box {
  name: string;
  what: string;
  height: number;
  colour: string;
  width?: number;
}

function box(x: number, y: number, { name, what, height, colour, width = BOX }: Box): string {
  const text = svgLines(what, { size: 14, width: width - 16 });
  return svgGroup(
    x,
    y,
    `<rect width="${width}" height="${height}" rx="6" fill="#ffffff" stroke="${colour}" ` +
      `stroke-width="3"/>` + svgText(name, 10, 24, { size: 17, bold: true }) +
      svgGroup(10, 30, text.content),
  );
}

/** A line through points, with a head at its end. */
function arrow(points: readonly (readonly [number, number])[]): string {
  const [[fromX, fromY], [toX, toY]] = points.slice(-2) as [[number, number], [number, number]];
  const angle = Math.atan2(toY - fromY, toX - fromX) * 180 / Math.PI;
  return `<path d="M${points.join("L")}" fill="none" stroke="${MUTED_COLOUR}" stroke-width="2"/>` +
    `<path d="M0,0L-9,-5L-9,5Z" fill="${MUTED_COLOUR}" ` +
    `transform="translate(${toX},${toY}) rotate(${angle})"/>`;
}

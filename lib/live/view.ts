/**
 * The page's controls and pictures, and what they do to the controller.
 *
 * @module
 */

import { turnPair, type View as Way } from "../plots/raster.ts";
import type { Frame } from "./automaton.ts";
import { listenToBrush, type Place } from "./brush_input.ts";
import { drawChart } from "./chart.ts";
import type { Controller } from "./controller.ts";
import {
  addOption,
  button,
  classKey,
  element,
  fillSelect,
  input,
  onClick,
  select,
} from "./elements.ts";
import { gridPlace } from "./grid_place.ts";
import { listenToKeys } from "./keys.ts";
import { drawPicture, type Plane } from "./picture.ts";
import type { Remote } from "./remote.ts";
import { Segmenter } from "./segmenter.ts";
import type { CaseFacts, ModelFacts } from "./facts.ts";
import { type Scene, type Shown, type Situation, SLIDERS, type Tool } from "./situation.ts";
import { TenRuns } from "./ten_runs.ts";
import type { WorkerApi } from "./worker.ts";

/** Steps that the axis goes on beyond the last one of the model. */
const BEYOND = 40;

/** What is open, as the page knows it. */
export interface OpenFacts {
  readonly model: ModelFacts;
  readonly opened: CaseFacts | null;
  readonly defaults: Scene;
}

/** All that is seen. */
export class View {
  readonly #controller: Controller;
  readonly #facts: () => OpenFacts;
  readonly #segmenter: Segmenter;
  readonly #runs: TenRuns;
  readonly #canvas = element("view", HTMLCanvasElement);
  #frame: Frame | null = null;
  #brush: Place | null = null;

  constructor(controller: Controller, remote: Remote<WorkerApi>, facts: () => OpenFacts) {
    this.#controller = controller;
    this.#facts = facts;
    const segmenter = this.#segmenter = new Segmenter(remote, {
      onDone: () => {
        addOption(select("show"), "result", "mask of the whole volume");
        controller.look({ show: "result" });
      },
      onChange: () => controller.refresh(),
    });
    this.#listenToTransport();
    this.#listenToSettings();
    listenToKeys();
    const onGrid = (place: Place) => gridPlace(place, this.#frame!.size, this.#way);
    // Over the mask of the volume it is a pen
    const isPen = () => this.#frame?.show === "result";
    const undo = () => (isPen() ? segmenter : controller).undo();
    listenToBrush(this.#canvas, {
      size: () => this.#frame && turnPair(this.#frame.size, this.#way),
      onBegin: (place) => {
        const tool = document.querySelector<HTMLInputElement>("[name=tool]:checked")!.value as Tool;
        const radius = input("radius").valueAsNumber;
        const points = onGrid(place);
        if (isPen()) segmenter.begin(controller.scene.slice, { step: 0, tool, radius, points });
        else controller.beginStroke({ tool, radius, points });
      },
      onExtend: (place) => (isPen() ? segmenter : controller).extend(...onGrid(place)),
      onEnd: () => segmenter.end(),
      onCancel: undo,
      onMove: (place) => {
        this.#brush = place;
        this.#draw();
      },
    });
    onClick("undo", undo);
    onClick("segment", () => {
      controller.pause();
      segmenter.start(facts().model);
    });
    this.#runs = new TenRuns(remote, controller);
    new ResizeObserver(() => this.#draw()).observe(this.#canvas);
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => this.#draw());
  }

  /** Plays at the chosen speed; from the start where it has come to its end. */
  play(): void {
    this.#controller.play(Number(select("speed").value));
  }

  /** Stops all that runs, as something else will be opened. */
  stop(): void {
    this.#controller.pause();
    this.#segmenter.cancel();
  }

  /** Gives a new worker the masks; what ten runs gave is lost with the old one. */
  async restore(): Promise<void> {
    this.#runs.keepFor(null);
    if (this.#controller.scene.show === "deviation") this.#controller.look({ show: "mask" });
    await this.#segmenter.restore();
  }

  /** Fits the controls to another model or case. */
  showModel(): void {
    const { model, opened } = this.#facts();
    const channel = (i: number) =>
      i < model.imageChannels
        ? `channel ${i}: ${model.imageChannels === 1 ? "the image" : `image channel ${i}`}`
        : i < model.imageChannels + model.classes.length
        ? `channel ${i}: logit of ${model.classes[i - model.imageChannels]}`
        : `channel ${i}`;
    fillSelect(select("show"), [
      ["mask", "mask"],
      ["probability", "probability"],
      ...Array.from({ length: model.channels }, (_, i) => [`${i}`, channel(i)] as [string, string]),
    ]);
    element("classes", HTMLElement).replaceChildren(...model.classes.map(classKey));
    input("slice").max = String((opened?.slices ?? 1) - 1);
    input("truth").disabled = !opened?.hasLabel;
    for (const id of ["segment", "ten", "play"]) button(id).disabled = opened === null;
    this.#segmenter.forget();
    this.#runs.keepFor(null);
    if (opened !== null) return;
    this.#frame = null;
    this.#canvas.width = this.#canvas.height = 1;
    element("where", HTMLElement).textContent = "";
  }

  /** Brings the controls to what the controller holds. */
  showScene(): void {
    const { scene, playing, canUndo } = this.#controller;
    this.#runs.keepFor(scene);
    const text = playing ? "Pause" : "Play";
    if (button("play").textContent !== text) button("play").textContent = text;
    button("undo").disabled = !canUndo && scene.show !== "result";
    for (const tool of document.querySelectorAll<HTMLInputElement>("[name=tool]")) {
      tool.disabled = scene.show === "result";
    }
    const [coarse, fine] = scene.steps;
    const last = Math.max(coarse + fine + BEYOND, Math.ceil(scene.step / BEYOND) * BEYOND);
    input("step").max = String(last);
    const parts = [...element("stages", HTMLElement).children] as HTMLElement[];
    for (const [i, part] of [coarse, fine, last - coarse - fine].entries()) {
      parts[i]!.style.flexGrow = String(part);
    }
    const values: Record<string, number> = {
      ...{ step: scene.step, slice: scene.slice, fireRate: scene.fireRate, coarse, fine },
      ...{ noise: scene.noise, bias: scene.bias, contrast: scene.contrast },
    };
    for (const [id, value] of Object.entries(values)) input(id).valueAsNumber = value;
    for (const output of document.querySelectorAll("output")) {
      output.textContent = format(output.htmlFor.value, values[output.htmlFor.value]!);
    }
    select("show").value = String(scene.show);
  }

  /** Shows a frame. */
  showFrame(frame: Frame): void {
    this.#frame = frame;
    this.#draw();
  }

  #draw(): void {
    const frame = this.#frame;
    if (frame === null) return;
    const { model } = this.#facts();
    const { steps } = this.#controller.scene;
    const { show, planeSize: [height, width] } = frame;
    const isCodes = frame.plane instanceof Uint8Array;
    const kind: Plane["kind"] = isCodes
      ? "mask"
      : typeof show !== "number"
      ? "part"
      : show < model.imageChannels
      ? "grey"
      : "signed";
    const [rows, columns] = frame.size;
    const onGrid = (data: ArrayLike<number>) => ({ data, height: rows, width: columns });
    const scale = drawPicture(this.#canvas, {
      image: onGrid(frame.image),
      truth: frame.truth !== null && input("truth").checked ? onGrid(frame.truth) : null,
      plane: {
        ...{ data: frame.plane, height, width, kind },
        most: show === "deviation" ? 0.5 : 1,
      },
      view: this.#way,
      codes: model.kind,
      window: model.window,
      brush: this.#brush && { ...this.#brush, radius: input("radius").valueAsNumber },
    });
    const part = (name: string) => element(`scale-${name}`, HTMLElement);
    part("bar").hidden = scale === null;
    part("bar").style.background = scale?.bar ?? "";
    part("low").textContent = scale?.low ?? "";
    part("high").textContent = scale?.high ?? "";
    element("classes", HTMLElement).hidden = kind !== "mask" || model.classes.length === 1;
    element("truth-key", HTMLElement).hidden = frame.truth === null || !input("truth").checked;
    this.#describe(frame);
    const last = Number(input("step").max);
    drawChart(element("chart", HTMLCanvasElement), frame, steps, last);
  }

  /** How the case's slices lie in the patient. */
  get #way(): Way {
    return this.#facts().opened?.view ?? "raw";
  }

  #describe({ step, stage, stageStep, dice, change, show }: Frame): void {
    const [coarse, fine] = this.#controller.scene.steps;
    const of = stage === "coarse" ? coarse : fine;
    const beyond = stageStep > of ? ", beyond its training" : ` of ${of}`;
    const parts = [`Step ${step}: ${stage} ${stageStep}${beyond}`];
    if (!Number.isNaN(dice[step])) parts.push(`Dice ${dice[step]!.toFixed(3)}`);
    parts.push(`change ${change[step]!.toFixed(4)}`);
    element("where", HTMLElement).textContent = show === "result"
      ? `Slice ${this.#controller.scene.slice + 1} of the segmented volume`
      : parts.join(" · ");
    element("chart", HTMLCanvasElement).setAttribute(
      "aria-label",
      `Dice and mean change of each step. ${parts.join(", ")}`,
    );
    this.#canvas.setAttribute("aria-label", `The slice with what is shown on it. ${parts[0]}`);
  }

  #listenToTransport(): void {
    const controller = this.#controller;
    const go = (step: number) => {
      controller.pause();
      controller.look({ step });
    };
    onClick("play", () => controller.playing ? controller.pause() : this.play());
    onClick("reset", () => go(0));
    onClick("back", () => go(controller.scene.step - 1));
    onClick("forward", () => go(controller.scene.step + 1));
    input("step").addEventListener("input", () => go(input("step").valueAsNumber));
    select("speed").addEventListener("change", () => controller.playing && this.play());
  }

  #listenToSettings(): void {
    const controller = this.#controller;
    for (const [id, { min, max, step }] of Object.entries(SLIDERS)) {
      Object.assign(input(id), { min, max, step });
    }
    // While a slider is moved, all of it is one change
    const slide = (id: string, change: (value: number) => Partial<Situation>) => {
      let isMoving = false;
      input(id).addEventListener("input", () => {
        controller.change(change(input(id).valueAsNumber), isMoving);
        isMoving = true;
      });
      input(id).addEventListener("change", () => isMoving = false);
    };
    for (const name of ["slice", "noise", "bias", "contrast", "fireRate"] as const) {
      slide(name, (value) => ({ [name]: value }));
    }
    slide("coarse", (value) => ({ steps: [value, controller.scene.steps[1]] }));
    slide("fine", (value) => ({ steps: [controller.scene.steps[0], value] }));
    select("show").addEventListener("change", () => {
      const { value } = select("show");
      controller.look({ show: (/^\d+$/.test(value) ? Number(value) : value) as Shown });
    });
    input("truth").addEventListener("change", () => this.#draw());
    onClick("clear", () => {
      controller.pause();
      controller.change({ ...this.#facts().defaults, slice: controller.scene.slice }, false);
      controller.look({ step: 0 });
      this.play();
    });
    onClick("reseed", () => controller.change({ seed: controller.scene.seed + 1 }, false));
  }
}

function format(id: string, value: number): string {
  if (id === "slice") return String(value + 1);
  if (id === "noise" || id === "fireRate") return `${Math.round(100 * value)} %`;
  return id === "bias" || id === "contrast" ? `× ${value.toFixed(2)}` : String(value);
}

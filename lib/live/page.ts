/**
 * The page: starts its parts and joins them.
 *
 * @module
 */

import type { InputError } from "../support/errors.ts";
import { type BackendName, BACKENDS } from "./backend_name.ts";
import { Controller } from "./controller.ts";
import { showDiagnostics } from "./diagnostics.ts";
import { announce, element, select } from "./elements.ts";
import type { Files } from "./model_files.ts";
import { choose, hideMessage, showError, showNotes } from "./messages.ts";
import { isolate } from "./isolate.ts";
import { listenToFiles } from "./own_image.ts";
import { Remote } from "./remote.ts";
import { decodeScene, encodeScene, type Scene, SLIDERS } from "./situation.ts";
import type { CaseFacts, ModelFacts } from "./facts.ts";
import { readSite, type Site } from "./site.ts";
import { View } from "./view.ts";
import { VolumeView } from "./volume_view.ts";
import type { WorkerApi } from "./worker.ts";

/** How long the address waits for the next change, in ms: browsers allow few a second. */
const PAUSE = 300;

const base = new URL(".", location.href).href;
const remote = new Remote<WorkerApi>(
  (name) => new Worker(new URL("worker.js", base), { type: "module", name }),
  recover,
);

/** What is open, and what it was opened from. */
let model: ModelFacts;
let modelFiles: Files;
let opened: CaseFacts | null = null;
let openedFrom: [files: Files, force: boolean, series: string | null];
let defaults: Scene;
let controller: Controller;
let view: View;
let planes: VolumeView;

async function start(): Promise<void> {
  await isolate();
  const site = await readSite(base);
  await setModel(await site.model());
  controller = new Controller(remote, defaults, {
    onFrame: (frame) => {
      view.showFrame(frame);
      performance.mark("frame");
    },
    onScene: () => {
      view.showScene();
      keepAddress();
    },
    onError: showError,
  });
  view = new View(controller, remote, () => ({ model, opened, defaults }));
  planes = new VolumeView(remote, base, () => model);
  element("details", HTMLDetailsElement).addEventListener("toggle", refreshDiagnostics);
  fillCases(site);
  listenToFiles({ onModel: openModel, onCase: openOwn });
  const asked = new URLSearchParams(location.hash.slice(1));
  const id = asked.get("case");
  asked.delete("case");
  const shipped = site.cases.find((each) => each.id === id) ?? site.cases[0]!;
  select("case").value = shipped.id;
  await openCase(await shipped.files(), { query: asked.toString() });
}

function sendModel(files: Files) {
  const asked = new URLSearchParams(location.search).get("backend") ?? "auto";
  const backend = (BACKENDS as readonly string[]).includes(asked) ? asked as BackendName : "auto";
  return remote.call("setModel", [files, backend, base]);
}

/** Takes a model, and the settings that it was trained with. */
async function setModel(files: Files): Promise<void> {
  const answer = await sendModel(files);
  modelFiles = files;
  model = answer.model;
  const { steps, fireRate, seed } = model;
  const none = (name: keyof typeof SLIDERS) => SLIDERS[name].none;
  defaults = {
    ...{ slice: 0, seed, steps, fireRate, strokes: [], step: 0, show: "mask" },
    ...{ noise: none("noise"), bias: none("bias"), contrast: none("contrast") },
  };
  showDiagnostics(answer.engine, model);
}

/** Whether the user has done something since the last restart: what ends at once is not started for ever. */
let mayRestart = true;
for (const type of ["pointerdown", "click", "keydown", "input"]) {
  document.addEventListener(type, () => mayRestart = true, true);
}

/** Starts the worker again, with what is open: it has ended. */
async function recover(error: InputError): Promise<void> {
  if (view === undefined) return; // what starts the page fails, too
  const retry = { text: "Start it again", act: () => recover(error) };
  if (!mayRestart) return showError(error, retry);
  mayRestart = false;
  try {
    view.stop();
    remote.restart();
    // It answers in order: what the user does meanwhile comes after these
    const answers: Promise<unknown>[] = [sendModel(modelFiles)];
    if (opened !== null) answers.push(remote.call("openCase", openedFrom), view.restore());
    await Promise.all(answers);
    if (opened !== null) view.showFrame(await remote.call("frame", [controller.scene]));
    showNotes([`${error.message}. It was started again, with all that was open and drawn.`]);
  } catch (other) {
    showError(other, retry);
  }
}

/** What it runs on now: a GPU may have been lost. */
async function refreshDiagnostics(): Promise<void> {
  showDiagnostics(await remote.call("engine", []), model);
}

/** Takes the user's model; the case that is open may not be one for it. */
async function openModel(files: Files): Promise<void> {
  try {
    hideMessage();
    view.stop();
    controller.close();
    await setModel(files);
    opened = null;
    showPatient();
    view.showModel();
    showNotes([`This model has ${model.parameters} parameters. Now give an image for it.`]);
  } catch (error) {
    showError(error);
    if (opened !== null) controller.reopen();
  }
}

/** Opens the user's image. */
async function openOwn(files: Files): Promise<void> {
  try {
    hideMessage();
    view.stop();
    const series = await opening(files, remote.call("listSeries", [files]));
    const choices = series.map(({ key, text, isUsable }) => ({ value: key, text, isUsable }));
    const chosen = series.length > 1
      ? await choose("There are several series. Which one?", choices)
      : null;
    await openCase(files, { series: chosen });
  } catch (error) {
    showError(error);
  }
}

/** How long something may take to open before the page says so, in ms. */
const PATIENCE = 500;

/** Says what is being opened, where that takes long. */
async function opening<T>(files: Files, work: Promise<T>): Promise<T> {
  const [first] = files.keys();
  const timer = setTimeout(() => showNotes([`Opening ${first} …`]), PATIENCE);
  try {
    return await work;
  } finally {
    clearTimeout(timer);
    hideMessage();
  }
}

/** How a case is opened. */
interface OpenOptions {
  /** Whether to accept images that the model cannot be right about. Default: no. */
  readonly force?: boolean;
  /** What the address asks for. Default: nothing. */
  readonly query?: string;
  /** The DICOM series, where there are several. Default: the only one. */
  readonly series?: string | null;
}

/** Opens a case and plays it. */
async function openCase(files: Files, options: OpenOptions): Promise<void> {
  const { force = false, query = "", series = null } = options;
  try {
    hideMessage();
    view.stop();
    opened = await opening(files, remote.call("openCase", [files, force, series]));
    openedFrom = [files, force, series];
    defaults = { ...defaults, slice: opened.start };
    const { scene, problems } = decodeScene(query, defaults);
    const slice = Math.min(scene.slice, opened.slices - 1);
    view.showModel();
    controller.open({ ...scene, slice });
    planes.refresh();
    const unknown = problems.map((text) => `The address asks for something unknown: ${text}`);
    showNotes([...opened.warnings, ...unknown]);
    announce(`${opened.id} is open, ${opened.slices} slices`);
    showPatient();
    if (scene.step > 0) return;
    if (!matchMedia("(prefers-reduced-motion: reduce)").matches) view.play();
    else controller.look({ step: scene.steps[0] + scene.steps[1] });
  } catch (error) {
    const mayForce = (error as Error).message.startsWith("The model cannot be right");
    const act = () => openCase(files, { ...options, force: true });
    showPatient();
    showError(error, mayForce ? { text: "Use it anyway", act } : undefined);
  }
}

/** Selects what is open in the list of patients. */
function showPatient(): void {
  const list = select("case");
  list.querySelector("[value='']")?.remove();
  if (opened === null) list.selectedIndex = -1;
  else {
    const { id } = opened;
    const isShipped = [...list.options].some(({ value }) => value === id);
    if (!isShipped) list.add(new Option(`yours: ${id}`, ""));
    list.value = isShipped ? id : "";
  }
}

function fillCases(site: Site): void {
  const list = select("case");
  list.replaceChildren(...site.cases.map(({ id }) => new Option(id, id)));
  list.addEventListener("change", async () => {
    const chosen = site.cases.find(({ id }) => id === list.value);
    if (chosen !== undefined) await openCase(await chosen.files(), {});
  });
}

let waiting: ReturnType<typeof setTimeout>;

/** Keeps the situation in the address. Another's image is not there for whom it is sent to. */
function keepAddress(): void {
  clearTimeout(waiting);
  waiting = setTimeout(() => {
    if (controller.playing || opened === null) return;
    const query = new URLSearchParams(encodeScene(controller.scene, defaults));
    if (select("case").selectedIndex > 0) query.set("case", select("case").value);
    history.replaceState(
      null,
      "",
      query.size === 0 ? location.pathname + location.search : `#${query}`,
    );
  }, PAUSE);
}

// A link to another situation, in the same tab
addEventListener("hashchange", () => location.reload());
addEventListener("unhandledrejection", ({ reason }) => showError(reason));
start().catch((error) => {
  element("where", HTMLElement).textContent = "";
  showError(error);
});

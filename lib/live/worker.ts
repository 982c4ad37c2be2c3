/**
 * The page's worker: all that computes.
 *
 * @module
 */

import { InputError } from "../support/errors.ts";
import type { BackendName, BrowserEngine } from "./backend_name.ts";
import { startEngine } from "./browser_engine.ts";
import type { Correction } from "./case_masks.ts";
import { holdLifeline } from "./lifeline.ts";
import { loadModel } from "./load_model.ts";
import type { Files } from "./model_files.ts";
import { type CallContext, serveCalls } from "./remote.ts";
import { Session } from "./session.ts";
import type { Scene } from "./situation.ts";

const session = new Session();
let engine: BrowserEngine;
/** The model's files, to load it again. */
let model: { files: Files; backend: BackendName; base: string };
/** Why there is no GPU any more. */
let loss: string | null = null;

/** Loads a model and starts an engine for it. */
async function load(files: Files, backend: BackendName, base: string) {
  const loaded = await loadModel(files);
  const { channels, hidden } = loaded.weights.config;
  engine = await startEngine({ channels, hidden }, loss === null ? backend : "threads", base);
  if (loss !== null) engine = { ...engine, notes: [...engine.notes, loss] };
  model = { files, backend, base };
  return loaded;
}

/** Does some work; where a GPU is lost on the way, again on the CPU. */
async function onEngine<T>({ signal }: CallContext, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    const isOther = error instanceof InputError && error.code !== "bad-backend";
    const isLost = engine.name === "webgpu" && !signal.aborted && !isOther;
    if (!isLost) throw error;
    loss = `WebGPU was lost: ${(error as Error).message}`;
    session.renewModel(await load(model.files, model.backend, model.base));
    return await work();
  }
}

const api = {
  async setModel(_: CallContext, files: Files, backend: BackendName, base: string) {
    // A model that cannot be used leaves what is open as it is
    const loaded = await load(files, backend, base);
    return { model: session.setModel(loaded), engine };
  },
  listSeries: (_: CallContext, files: Files) => session.listSeries(files),
  openCase: (_: CallContext, files: Files, force: boolean, series: string | null) =>
    session.openCase(files, force, series),
  engine: (_: CallContext) => engine,
  frame: (call: CallContext, scene: Scene) => onEngine(call, () => session.frame(scene)),
  tenRuns: (call: CallContext, scene: Scene) =>
    onEngine(call, () => session.tenRuns(scene, call.signal)),
  async segment(call: CallContext) {
    const facts = await onEngine(call, () => session.segment(call.signal, call.progress));
    return { facts, planes: session.masks.planes };
  },
  restoreMasks: (
    _: CallContext,
    planes: readonly Uint8Array[],
    corrections: readonly Correction[],
  ) => session.restoreMasks(planes, corrections),
  correct: (_: CallContext, correction: Correction, isLonger: boolean) =>
    session.masks.correct(correction, isLonger),
  undoCorrection: (_: CallContext) => session.masks.undo(),
  measure: (_: CallContext) => session.masks.measure(),
  save: (_: CallContext) => session.masks.save(),
  volumes: (_: CallContext) => session.volumes(),
};

/** What the page can ask for. */
export type WorkerApi = typeof api;

serveCalls(api);
holdLifeline();
// Others would be silent
addEventListener("unhandledrejection", ({ reason }) => reportError(reason));

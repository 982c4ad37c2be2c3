/**
 * The page's worker: all that computes.
 *
 * @module
 */

import { InputError } from "../support/errors.ts";
import type { BackendName, BrowserEngine } from "./backend_name.ts";
import { startEngine } from "./browser_engine.ts";
import type { Files } from "./model_files.ts";
import { type CallContext, serveCalls } from "./remote.ts";
import { Session } from "./session.ts";
import type { Scene, Stroke } from "./situation.ts";

const session = new Session();
let engine: BrowserEngine;
/** What is open, to open it again. */
let model: { files: Files; base: string };
let images: { files: Files; force: boolean; series: string | null } | null = null;

async function setModel(files: Files, backend: BackendName, base: string) {
  const facts = await session.setModel(files);
  engine = await startEngine(session.shape, backend, base);
  model = { files, base };
  images = null;
  return { model: facts, engine };
}

async function openCase(files: Files, force: boolean, series: string | null) {
  images = { files, force, series };
  return await session.openCase(files, force, series);
}

/** Does some work; where a GPU is lost on the way, again on the CPU. */
async function onEngine<T>({ signal }: CallContext, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    const isOther = error instanceof InputError && error.code !== "bad-backend";
    const isLost = engine.name === "webgpu" && !signal.aborted && !isOther;
    if (!isLost || images === null) throw error;
    const { files, force, series } = images;
    await setModel(model.files, "threads", model.base);
    const note = `WebGPU was lost: ${(error as Error).message}`;
    engine = { ...engine, notes: [...engine.notes, note] };
    await openCase(files, force, series);
    return await work();
  }
}

const api = {
  setModel: (_: CallContext, files: Files, backend: BackendName, base: string) =>
    setModel(files, backend, base),
  listSeries: (_: CallContext, files: Files) => session.listSeries(files),
  openCase: (_: CallContext, files: Files, force: boolean, series: string | null) =>
    openCase(files, force, series),
  engine: (_: CallContext) => engine,
  frame: (call: CallContext, scene: Scene) => onEngine(call, () => session.frame(scene)),
  tenRuns: (call: CallContext, scene: Scene) =>
    onEngine(call, () => session.tenRuns(scene, call.signal)),
  segment: (call: CallContext) => onEngine(call, () => session.segment(call.signal, call.progress)),
  correct: (_: CallContext, slice: number, stroke: Stroke, code: number, isLonger: boolean) =>
    session.masks.correct(slice, stroke, code, isLonger),
  undoCorrection: (_: CallContext) => session.masks.undo(),
  measure: (_: CallContext) => session.masks.measure(),
  save: (_: CallContext) => session.masks.save(),
  volumes: (_: CallContext) => session.volumes(),
};

/** What the page can ask for. */
export type WorkerApi = typeof api;

serveCalls(api);

/**
 * The page's worker: all that computes.
 *
 * @module
 */

import type { BackendName } from "./backend_name.ts";
import { startEngine } from "./browser_engine.ts";
import type { Files } from "./model_files.ts";
import { type CallContext, serveCalls } from "./remote.ts";
import { Session } from "./session.ts";
import type { Scene } from "./situation.ts";

const session = new Session();

const api = {
  async setModel(_: CallContext, files: Files, backend: BackendName, base: string) {
    const model = session.setModel(files);
    return { model, engine: await startEngine(session.shape, backend, base) };
  },
  openCase: (_: CallContext, files: Files, force: boolean) => session.openCase(files, force),
  frame: (_: CallContext, scene: Scene) => session.frame(scene),
  tenRuns: ({ signal }: CallContext, scene: Scene) => session.tenRuns(scene, signal),
  segment: ({ signal, progress }: CallContext) => session.segment(signal, progress),
};

/** What the page can ask for. */
export type WorkerApi = typeof api;

serveCalls(api);

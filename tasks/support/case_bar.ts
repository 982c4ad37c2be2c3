/**
 * How far work on the cases of a data set is.
 *
 * @module
 */

import { Presets, SingleBar } from "cli-progress";
import type { ExtractProgress } from "../../lib/slices/mod.ts";

/** A bar on standard error, with the time that is left; it goes away at its end. */
export interface CaseBar extends Disposable {
  /** Draws it; to be given as `onProgress`. */
  readonly show: (progress: ExtractProgress) => void;
}

/** Makes a {@linkcode CaseBar}; nothing is drawn where standard error is no terminal. */
export function caseBar(): CaseBar {
  const bar = new SingleBar({
    format: "{bar} {value}/{total} cases, {eta_formatted} left",
    hideCursor: true,
    clearOnComplete: true,
  }, Presets.shades_classic);
  return {
    show: ({ done, total }) => {
      if (!bar.isActive) bar.start(total, 0);
      bar.update(done);
    },
    [Symbol.dispose]: () => {
      if (bar.isActive) bar.stop();
    },
  };
}

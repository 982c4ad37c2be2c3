/**
 * The kernels' source code, imported as text: as a dependency of another program there are no local
 * files.
 *
 * @module
 */

import backward from "./assembly/backward.ts" with { type: "text" };
import backwardDense from "./assembly/backward_dense.ts" with { type: "text" };
import backwardFired from "./assembly/backward_fired.ts" with { type: "text" };
import backwardPerception from "./assembly/backward_perception.ts" with { type: "text" };
import backwardStatistics from "./assembly/backward_statistics.ts" with { type: "text" };
import cells from "./assembly/cells.ts" with { type: "text" };
import checked from "./assembly/checked.ts" with { type: "text" };
import forward from "./assembly/forward.ts" with { type: "text" };
import index from "./assembly/index.ts" with { type: "text" };
import perceive from "./assembly/perceive.ts" with { type: "text" };
import simd from "./assembly/simd.ts" with { type: "text" };
import statistics from "./assembly/statistics.ts" with { type: "text" };
import threads from "./assembly/threads.ts" with { type: "text" };
import update from "./assembly/update.ts" with { type: "text" };
import type { ModelShape } from "../types.ts";
import type { Build } from "./build.ts";
import { buffersSource, GUARD } from "./buffers.ts";
import { checkSources } from "./checked.ts";
import { productsSource } from "./products.ts";
import { stencilsSource } from "./stencils.ts";

const ASSEMBLY = {
  "backward.ts": backward,
  "backward_dense.ts": backwardDense,
  "backward_fired.ts": backwardFired,
  "backward_perception.ts": backwardPerception,
  "backward_statistics.ts": backwardStatistics,
  "cells.ts": cells,
  "checked.ts": checked,
  "forward.ts": forward,
  "index.ts": index,
  "perceive.ts": perceive,
  "simd.ts": simd,
  "statistics.ts": statistics,
  "threads.ts": threads,
  "update.ts": update,
};

/** All AssemblyScript modules for c channels and h hidden units, by file name. */
export function kernelSources(
  shape: ModelShape,
  { wide, checked }: Pick<Build, "wide" | "checked">,
): Map<string, string> {
  const { channels, hidden } = shape;
  const sources = new Map([
    ...Object.entries(ASSEMBLY),
    ["buffers.ts", buffersSource(shape, checked ? GUARD : 0)],
    ["products.ts", productsSource(channels, hidden, wide)],
    ["stencils.ts", stencilsSource(channels, wide)],
  ]);
  // Decorators are comments in the files, so that TypeScript's formatter and linter accept them.
  const decorate = (source: string) => source.replaceAll(/^\/\/ (@\w+.*)/gm, "$1");
  return new Map(
    [...checked ? checkSources(sources) : sources].map(([name, text]) => [name, decorate(text)]),
  );
}

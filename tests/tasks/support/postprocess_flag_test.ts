import assert from "node:assert/strict";
import { chosenPostprocess } from "../../../tasks/support/postprocess_flag.ts";
import type { TrainedRun } from "../../../tasks/support/trained_models.ts";

Deno.test("chosenPostprocess() is the run's, or the flag's for every class", () => {
  const run = { postprocess: ["largest", "none"] } as unknown as TrainedRun;
  assert.deepEqual(chosenPostprocess(undefined, run), ["largest", "none"]);
  assert.deepEqual(chosenPostprocess("fill-holes", run), ["fill-holes", "fill-holes"]);
});

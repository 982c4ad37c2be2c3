import assert from "node:assert/strict";
import * as lib from "@med-nca/lib";

const TUTORIAL = [
  "normalize",
  "saveSlice",
  "extractSlices",
  "SliceDataset",
  "NCA2D",
  "MedNca",
  "diceLoss",
  "diceScore",
  "bceLoss",
  "trainMedNca",
  "evalMedNca",
  "visualizePredictions",
] as const;

const CHAPTERS = ["volume", "slices", "nca", "losses", "training", "evaluation", "plots"];

Deno.test("the tutorial's names are all in one import", () => {
  for (const name of TUTORIAL) assert.equal(typeof lib[name], "function", name);
});

Deno.test("no name of a chapter is hidden by another's", async () => {
  const all: Readonly<Record<string, unknown>> = lib;
  for (const chapter of CHAPTERS) {
    // Two modules that export one name both lose it in `export *`, without an error at run time.
    const names: Record<string, unknown> = await import(`../lib/${chapter}/mod.ts`);
    for (const [name, value] of Object.entries(names)) {
      assert.equal(all[name], value, `${name} of ${chapter}`);
    }
  }
});

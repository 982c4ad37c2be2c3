import assert from "node:assert/strict";
import { viewOfCase } from "../../lib/plots/case_view.ts";

Deno.test("viewOfCase is in RAS if slices are canonical, and in the volume's own letters if not", () => {
  const opened = { kind: "volume", orientation: "PIR" } as const;
  const view = (orientation: "canonical" | "stored", axis: 0 | "sagittal" | "coronal" | "axial") =>
    viewOfCase(opened, { orientation, axis });
  assert.deepEqual(view("canonical", "sagittal"), { axis: 0, orientation: "RAS" });
  assert.deepEqual(view("canonical", "axial"), { axis: 2, orientation: "RAS" });
  // Stored: along P, I and R
  assert.deepEqual(view("stored", "sagittal"), { axis: 2, orientation: "PIR" });
  assert.deepEqual(view("stored", "coronal"), { axis: 0, orientation: "PIR" });
  assert.deepEqual(view("stored", "axial"), { axis: 1, orientation: "PIR" });
  assert.deepEqual(view("stored", 0), { axis: 0, orientation: "PIR" });
  const settings = { orientation: "canonical", axis: 2 } as const;
  assert.equal(viewOfCase({ kind: "volume", orientation: null }, settings), "raw");
  assert.equal(viewOfCase({ kind: "pictures", orientation: "RAS" }, settings), "raw");
});

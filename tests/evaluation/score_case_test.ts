import assert from "node:assert/strict";
import { joinPlanes, maskGrid, scoreCase } from "../../lib/evaluation/score_case.ts";
import { parseTargets } from "../../lib/slices/targets.ts";

Deno.test("maskGrid is that of a volume or of one picture; several pictures have none", () => {
  const grid = { shape: [4, 3, 2], spacing: [0.5, 1, 3] } as const;
  assert.deepEqual(maskGrid({ kind: "volume", grid }), grid);
  const unknown = { shape: [4, 3, 2], spacing: null } as const;
  assert.deepEqual(maskGrid({ kind: "volume", grid: unknown }), {
    shape: [4, 3, 2],
    spacing: [1, 1, 1],
  });
  assert.equal(maskGrid({ kind: "pictures", grid: unknown }), null);
  assert.equal(maskGrid({ kind: "pictures", grid: null }), null);
  const single = { shape: [4, 3, 1], spacing: null } as const;
  assert.deepEqual(maskGrid({ kind: "pictures", grid: single }), {
    shape: [4, 3],
    spacing: [1, 1],
  });
});

Deno.test("scoreCase scores all planes as one volume, each region by its bit", () => {
  const targets = parseTargets("whole=1+2,core=2", { labels: null, ignore: [] }, []);
  const masks = [Uint8Array.of(1, 3), Uint8Array.of(0, 3)];
  const labels = [Uint8Array.of(3, 3), Uint8Array.of(0, 0)];
  assert.deepEqual([...joinPlanes(masks)], [1, 3, 0, 3]);
  const grid = { shape: [2, 1, 2], spacing: [2, 1, 5] };
  const probabilities = [[0.25, 0.75, 0.5, 1], [0.5, 0.25, 0, 1]]
    .map((values) =>
      [values.slice(0, 2), values.slice(2)].map((plane) => Float32Array.from(plane))
    );
  const metrics = scoreCase(masks, labels, probabilities, grid, targets);
  assert.deepEqual(Object.keys(metrics).sort(), ["(1, 2)", "2"]);
  const [whole, core] = [metrics["(1, 2)"]!, metrics["2"]!];
  assert.deepEqual([whole.TP, whole.FP, whole.FN, whole.TN], [2, 1, 0, 1]);
  assert.deepEqual([core.TP, core.FP, core.FN, core.TN], [1, 1, 1, 1]);
  assert.equal(whole.VolumeDifference, 10 / 1000);
  assert.deepEqual([whole.SoftDice, core.SoftDice], [2 / 4.5, 1.5 / 3.75]);
  assert.deepEqual([whole.SliceDice, core.SliceDice], [(1 + 0) / 2, (2 / 3 + 0) / 2]);
  // From the voxel in the second plane to the label it is 5 mm; the others lie on it
  assert.equal(whole.ASSD, 5 / 5);
});

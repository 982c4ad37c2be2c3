import assert from "node:assert/strict";
import {
  addSlice,
  nearEdge,
  ReliabilityCounter,
} from "../../../lib/evaluation/calibration/reliability.ts";
import { codesOf } from "../../../lib/evaluation/overlap.ts";

Deno.test("ReliabilityCounter puts 1 into the last bin, and each into its own", () => {
  const counter = new ReliabilityCounter();
  for (const [p, truth] of [[1, 1], [0.95, 0], [0.05, 0], [0.1, 1]] as const) counter.add(p, truth);
  const { bins, ece } = counter.result();
  assert.deepEqual(bins.map(({ n }) => n), [1, 1, 0, 0, 0, 0, 0, 0, 0, 2]);
  assert.deepEqual([bins[9]!.said, bins[9]!.seen], [1.95 / 2, 0.5]);
  assert.ok(Math.abs(ece - (0.05 + 0.9 + 0.95) / 4) < 1e-12);
});

Deno.test("nearEdge marks two pixels on either side, across corners, and wraps around nothing", () => {
  const rows = ["0000000", "0000000", "0000000", "0000000", "0000001"];
  const mask = Uint8Array.from(rows.join(""), Number);
  const expected = ["0000000", "0000000", "0000111", "0000111", "0000111"];
  assert.equal(nearEdge(mask, 7).join(""), expected.join(""));
  const corner = Uint8Array.from({ length: 35 }, (_, i) => Number(i === 0));
  const near = ["1110000", "1110000", "1110000", "0000000", "0000000"];
  assert.equal(nearEdge(corner, 7).join(""), near.join(""));
  assert.ok(nearEdge(new Uint8Array(20).fill(1), 5).every((near) => near === 0));
});

Deno.test("addSlice counts what is not ignored, near the predicted edge too", () => {
  const counters = { all: new ReliabilityCounter(), edge: new ReliabilityCounter() };
  const mask = Uint8Array.of(0, 0, 0, 0, 2, 2, 2, 2);
  const label = Uint8Array.of(0, 255, 2, 0, 2, 1, 0, 2);
  const probabilities = Float32Array.of(0, 0.5, 0.25, 0.25, 0.75, 0.75, 1, 1);
  addSlice(counters, probabilities, {
    mask,
    label,
    codes: codesOf({ kind: "classes" }, 1),
    width: 8,
  });
  const [all, edge] = [counters.all.result(), counters.edge.result()];
  assert.deepEqual([all.n, edge.n], [7, 4]);
  assert.equal(edge.brier, (0.75 ** 2 + 0.25 ** 2 + 0.25 ** 2 + 0.75 ** 2) / 4);
  // Two bins: 0.25 was said and half is true, 0.75 and half is true
  assert.equal(edge.ece, 0.25);
  assert.ok(Math.abs(all.ece - (0 + 2 * 0.25 + 2 * 0.25 + 2 * 0.5) / 7) < 1e-12);
});

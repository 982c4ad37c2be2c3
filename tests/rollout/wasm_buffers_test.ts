import assert from "node:assert/strict";
import {
  buffersSource,
  GUARD,
  JOB_NUMBERS,
  jobBuffers,
  type JobNumbers,
  placeParts,
} from "../../lib/rollout/wasm/buffers.ts";

Deno.test("placeParts() begins parts at whole vectors and records at cache lines", () => {
  const parts = { a: 3, b: 5, c: 1 }; // 12, 20 and 4 bytes
  const { parts: placed, bytes } = placeParts(parts, 0);
  assert.deepEqual(Object.fromEntries(placed), {
    a: { at: 0, bytes: 12 },
    b: { at: 16, bytes: 20 },
    c: { at: 48, bytes: 4 },
  });
  assert.equal(bytes, 64);
  const guarded = placeParts(parts, 1024);
  assert.deepEqual([...guarded.parts.values()].map(({ at }) => at), [0, 1040, 2096]);
  assert.equal(guarded.bytes, 3136); // 49 lines: 2096 + 16 + 1024
});

/** The numbers that a module declares. */
function constants(source: string): Record<string, number> {
  const found = source.matchAll(/export const (\w+): (?:usize|i32|f64) = (.*);/g);
  return Object.fromEntries([...found].map(([, name, value]) => [name, Number(value)]));
}

Deno.test("buffersSource() writes the table for the kernels", () => {
  const { C, V, H, BLOCK, ...places } = constants(buffersSource({ channels: 24, hidden: 8 }, 0));
  assert.deepEqual([C, V, H, BLOCK], [24, 48, 8, 64]);
  // The block of ∂L/∂v has 2c numbers a cell, however few the hidden units.
  assert.equal(places.SCRATCH_DENSE_BYTES, 64 * 48 * 4);
  assert.equal(places.SCRATCH_DENSE, 64 * (48 + 8 + 24) * 4);
  assert.equal(places.STATS_INVERSE, (48 + 48 * 48) * 4);
  assert.equal(places.CHUNK_GRADIENTS_KERNEL, (8 * 48 + 8 + 24 * 8 + 24) * 4);
  // How long it is depends on the kernel's size, which a job says.
  assert.equal(places.CHUNK_GRADIENTS_KERNEL_BYTES, undefined);
  const guarded = constants(buffersSource({ channels: 24, hidden: 8 }, GUARD));
  assert.equal(guarded.STATS_INVERSE, (48 + 48 * 48) * 4 + 2 * GUARD);
});

Deno.test("jobBuffers() places what the kernels were compiled for, whatever the job", () => {
  const job = Object.fromEntries(JOB_NUMBERS.map((name, i) => [name, i + 3])) as JobNumbers;
  const { SCRATCH_LIST, WORK_SHIFT } = constants(buffersSource({ channels: 16, hidden: 64 }, 0));
  const { scratch, work } = jobBuffers({ channels: 16, hidden: 64 }, job);
  assert.equal(placeParts(scratch.parts, 0).parts.get("list")!.at, SCRATCH_LIST);
  assert.equal(placeParts(work.parts, 0).parts.get("shift")!.at, WORK_SHIFT);
  assert.equal(work.records, job.groups);
});

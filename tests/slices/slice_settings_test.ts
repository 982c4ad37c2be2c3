import assert from "node:assert/strict";
import { resolveSliceSettings, SLICE_KEYS, type SliceSettings } from "../../lib/slices/mod.ts";
import { InputError } from "../../lib/support/errors.ts";

Deno.test("resolveSliceSettings() fills in the tutorial's slices", () => {
  assert.deepEqual(resolveSliceSettings({}), {
    orientation: "canonical",
    axis: 2,
    channel: "all",
    labels: "foreground",
    threshold: "none",
    spacing: "stored",
    crop: "none",
    size: "pad",
    fit: "resize",
    normalize: "minmax",
    clip: [0.5, 99.5],
    fill: "error",
    format: "npy",
  });
  assert.equal(Object.keys(resolveSliceSettings({})).length, Object.keys(SLICE_KEYS).length);
  assert.equal(resolveSliceSettings({ axis: "coronal" }).axis, "coronal");
});

Deno.test("resolveSliceSettings() refuses what is out of range, all at once", () => {
  assert.throws(
    () => resolveSliceSettings({ size: [6, 8], clip: [0, 101], labels: "" }),
    (error) => {
      assert.ok(error instanceof InputError);
      return ["size", "clip", "labels"].every((key) => error.message.includes(`${key}`));
    },
  );
  for (const size of [[65536, 65536], [16384, 16384], [0, 4], [4.5, 8]] as const) {
    assert.throws(() => resolveSliceSettings({ size }), InputError, size.join());
  }
  assert.deepEqual(resolveSliceSettings({ size: [4096, 8192] }).size, [4096, 8192]);
});

Deno.test("resolveSliceSettings() refuses settings that would have no effect", () => {
  const conflicts: [Partial<SliceSettings>, RegExp | null][] = [
    [{ clip: [99, 1], normalize: "percentile" }, /clip: expected two percentiles, the lower first/],
    [{ clip: [1, 99] }, /clip: it has an effect only with normalize percentile, not minmax/],
    [{ clip: [1, 99], normalize: "percentile" }, null],
    [{ spacing: "median", size: [8, 8] }, /spacing: fit resize stretches/],
    [{ spacing: "median", size: [8, 8], fit: "pad-or-crop" }, null],
    [{ spacing: [1, 1] }, null],
    [{ threshold: 0.5, labels: "1;2" }, /labels: with a threshold they must be foreground/],
    [{ threshold: 0.5 }, null],
    [
      { format: "png", normalize: "zscore" },
      /format: a png holds values from 0 to 1, which zscore/,
    ],
    [{ format: "png", normalize: "ct" }, /which ct exceeds; use npy/],
    [{ format: "png", normalize: "percentile" }, null],
    [{ channel: [0, 2, 0] }, /channel: Expected all, or different channel numbers/],
    [{ fill: Infinity }, /fill: Invalid finite/],
    [{ threshold: -Infinity }, /threshold: Invalid finite/],
  ];
  for (const [settings, message] of conflicts) {
    if (message === null) resolveSliceSettings(settings);
    else assert.throws(() => resolveSliceSettings(settings), message);
  }
});

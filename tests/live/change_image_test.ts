import assert from "node:assert/strict";
import { biasField, noise } from "../../lib/evaluation/robustness/intensity.ts";
import { changeImage } from "../../lib/live/change_image.ts";
import { Random } from "../../lib/support/random.ts";

Deno.test("changeImage() adds the field, then the noise of the robustness task", () => {
  const data = Float32Array.from({ length: 12 * 10 }, (_, i) => (i % 7) / 7);
  const slice = { data, height: 12, width: 10, channels: 1 };
  const context = () => ({ random: new Random(3), steps: [0, 0] as const });
  const field = biasField.apply({ images: [slice], labels: [] }, 2.5, context()).images![0]!;
  const both = noise.apply({ images: [field], labels: [] }, 0.2, context()).images![0]!;
  const given = { seed: 3, contrast: 1 };
  assert.deepEqual(changeImage(slice, { ...given, bias: 2.5, noise: 0 }).data, field.data);
  assert.deepEqual(changeImage(slice, { ...given, bias: 2.5, noise: 0.2 }).data, both.data);
  assert.notDeepEqual(field.data, data);
  assert.equal(changeImage(slice, { ...given, bias: 1, noise: 0 }), slice);
});

Deno.test("changeImage() stretches the contrast about one half", () => {
  const slice = { data: Float32Array.of(0, 0.25, 0.5, 1), height: 2, width: 2, channels: 1 };
  const { data } = changeImage(slice, { seed: 3, contrast: 2, bias: 1, noise: 0 });
  assert.deepEqual([...data], [-0.5, 0, 0.5, 1.5]);
});

import assert from "node:assert/strict";
import { outputNames } from "../../lib/slices/output_names.ts";

function names(id: string, images: readonly (readonly string[])[], suffix = ""): string[] {
  const files = images.map((images, index) => ({ index, images, label: null }));
  return outputNames({ id, kind: "pictures", folder: "data", files }, suffix);
}

Deno.test("outputNames keeps a picture's name, without the number of its first channel", () => {
  assert.deepEqual(names("a", [["images/a.PNG"]], "_probability"), ["a_probability.png"]);
  assert.deepEqual(names("k", [["k_slice_2.png"], ["k_slice_10.png"]]), [
    "k_slice_2.png",
    "k_slice_10.png",
  ]);
  assert.deepEqual(names("a", [["a_0000.png", "a_0001.png"]]), ["a.png"]);
  assert.deepEqual(names("a", [["a_T2.png", "a_ADC.png"]]), ["a_T2.png"]);
  assert.deepEqual(names("é", [["e\u0301.png"]]), ["é.png"]);
});

Deno.test("outputNames tells pictures of different folders apart", () => {
  assert.deepEqual(names("p1", [["images/p1/001.png"], ["images/p1/002.png"]]), [
    "p1_001.png",
    "p1_002.png",
  ]);
  assert.deepEqual(names("p2", [["images/p2/001.png"]]), ["p2_001.png"]);
  assert.deepEqual(names("1", [["1/10.png"]]), ["1_10.png"]);
  assert.deepEqual(names("p21", [["p21/1.png"], ["p21/2.png"]]), ["p21_1.png", "p21_2.png"]);
  assert.deepEqual(names("10", [["10/1.png"]]), ["10_1.png"]);
  assert.deepEqual(names("p3_x_img", [["images/p3/x/img.png"]]), ["p3_x_img.png"]);
});

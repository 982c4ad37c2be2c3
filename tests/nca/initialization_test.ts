import assert from "node:assert/strict";
import * as tf from "@tensorflow/tfjs";
import { initialValues, MedNca, parameterShapes } from "../../lib/nca/mod.ts";

tf.enableProdMode();
await tf.setBackend("cpu");

const SHAPES = [
  { channels: 16, hidden: 64, kernel: 7 },
  { channels: 16, hidden: 64, kernel: 3 },
];

Deno.test("a Med-NCA has 4,015 + 3,375 = 7,390 parameters", () => {
  const model = new MedNca();
  assert.equal(model.model1.parameterCount, 4015);
  assert.equal(model.model2.parameterCount, 3375);
  assert.equal(model.parameterCount, 7390);
  assert.equal(model.variables.reduce((sum, { size }) => sum + size, 0), 7390);
  model.dispose();
});

for (const shape of SHAPES) {
  Deno.test(`initial values lie and spread as PyTorch's: kernel ${shape.kernel}`, () => {
    const fanIn = { perception: shape.kernel ** 2, fc1: 2 * shape.channels, fc2: shape.hidden };
    const values = initialValues(shape, 1);
    assert.deepEqual([...values.keys()], [...parameterShapes(shape).keys()]);
    for (const [layer, n] of Object.entries(fanIn)) {
      const bound = 1 / Math.sqrt(n);
      for (const kind of ["weight", "bias"]) {
        const array = values.get(`${layer}.${kind}`)!;
        assert(array.every((x) => Math.abs(x) <= bound), `${layer}.${kind}`);
        assert(new Set(array).size > array.length * 0.99, `${layer}.${kind} repeats`);
      }
      // The mean square of a uniform number in ±a is a²/3; its own spread is 0.3 a² / √n.
      const array = values.get(`${layer}.weight`)!;
      const square = array.reduce((sum, x) => sum + x * x, 0) / array.length;
      const spread = 0.3 * bound ** 2 / Math.sqrt(array.length);
      assert(Math.abs(square - bound ** 2 / 3) < 4 * spread, `${layer}.weight: ${square}`);
    }
    assert(values.get("bn.weight")!.every((x) => x === 1));
    assert(values.get("bn.bias")!.every((x) => x === 0));
  });
}

Deno.test("initial values follow from the seed, and the two stages draw their own", () => {
  const shape = SHAPES[1]!;
  assert.deepEqual(initialValues(shape, 5), initialValues(shape, 5));
  assert.notDeepEqual(initialValues(shape, 5), initialValues(shape, 6));
  const model = new MedNca({}, { seed: 5 });
  const [first, second] = [model.model1, model.model2].map((
    nca,
  ) => [...nca.variables.get("fc1.weight")!.dataSync()]);
  assert.notDeepEqual(first, second);
  model.dispose();
});

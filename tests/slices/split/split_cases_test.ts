import fc from "fast-check";
import assert from "node:assert/strict";
import { InputError } from "../../../lib/support/errors.ts";
import { splitCases } from "../../../lib/slices/mod.ts";

const names = (n: number) =>
  Array.from({ length: n }, (_, i) => `case_${String(i).padStart(3, "0")}`);
const share = fc.double({ min: 0, max: 0.49, noNaN: true });

Deno.test("every case is in exactly one set, and no set that is wanted is empty", () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 3, max: 80 }),
      share,
      share,
      fc.nat(),
      (n, test, validation, seed) => {
        const cases = names(n);
        const split = splitCases(cases, { seed, test, validation });
        assert.deepEqual([...split.train, ...split.validation, ...split.test].sort(), cases);
        assert.ok(split.train.length > 0);
        assert.equal(split.test.length > 0, test > 0);
        assert.equal(split.validation.length > 0, validation > 0);
      },
    ),
  );
});

Deno.test("no patient is in two sets", () => {
  fc.assert(
    fc.property(fc.array(fc.nat({ max: 99 }), { minLength: 40 }), fc.nat(), (visits, seed) => {
      const cases = [...new Set(visits)].map((i) => `p${i % 11}_${i}`);
      const patientOf = (id: string) => id.split("_")[0]!;
      fc.pre(new Set(cases.map(patientOf)).size >= 3);
      const { train, validation, test } = splitCases(cases, { seed, patientOf });
      const patients = [train, validation, test].map((ids) => new Set(ids.map(patientOf)));
      const all = new Set(cases.map(patientOf));
      assert.equal(patients.reduce((sum, set) => sum + set.size, 0), all.size);
      assert.equal(train.length + validation.length + test.length, cases.length);
    }),
  );
});

Deno.test("the split depends on the seed, not on order or duplicates", () => {
  const cases = names(50);
  const split = splitCases(cases, { seed: 5 });
  assert.deepEqual(splitCases([...cases].reverse().concat(cases), { seed: 5 }), split);
  assert.notDeepEqual(splitCases(cases, { seed: 6 }).test, split.test);
  // In cross-validation, validation is a part of what the fold leaves
  const fold = splitCases(names(12), { folds: 3, fold: 0, validation: 0.5 });
  assert.deepEqual([fold.train.length, fold.validation.length, fold.test.length], [4, 4, 4]);
  assert.deepEqual([split.train.length, split.validation.length, split.test.length], [27, 10, 13]);
});

Deno.test("a case more moves few others", () => {
  const before = splitCases(names(50), { seed: 5 });
  const after = splitCases(names(51), { seed: 5 });
  const moved = before.test.filter((id) => !after.test.includes(id));
  assert.ok(moved.length <= 1, String(moved));
});

Deno.test("over all folds each case is tested exactly once", () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 5, max: 40 }),
      fc.integer({ min: 2, max: 5 }),
      fc.nat(),
      (n, folds, seed) => {
        const cases = names(n);
        const tested: string[] = [];
        for (let fold = 0; fold < folds; fold++) {
          const split = splitCases(cases, { seed, folds, fold });
          assert.deepEqual([...split.train, ...split.validation, ...split.test].sort(), cases);
          assert.ok(split.train.length > 0 && split.validation.length > 0);
          assert.deepEqual([split.folds, split.fold], [folds, fold]);
          tested.push(...split.test);
        }
        assert.deepEqual(tested.sort(), cases);
      },
    ),
  );
});

Deno.test("too few cases are an input error", () => {
  assert.throws(() => splitCases(names(2)), InputError);
  assert.throws(() => splitCases([]), InputError);
  assert.throws(() => splitCases(names(4), { folds: 5 }), InputError);
  assert.throws(() => splitCases(names(2), { folds: 2 }), InputError);
  assert.deepEqual(splitCases(names(1), { test: 0, validation: 0 }).train, names(1));
  assert.equal(splitCases(names(2), { test: 0.9, validation: 0 }).train.length, 1);
  assert.equal(splitCases(names(2), { folds: 2, validation: 0 }).train.length, 1);
});

Deno.test("impossible shares and folds are wrong calls", () => {
  for (
    const options of [
      { test: 0.5, validation: 0.5 },
      { test: -0.1 },
      { validation: NaN },
      { folds: 1 },
      { folds: 3, fold: 3 },
      { folds: 3, fold: -1 },
      { folds: 2.5 },
    ]
  ) {
    assert.throws(() => splitCases(names(20), options), RangeError, JSON.stringify(options));
  }
});

Deno.test("splitCases() says what a split takes, in cases or in patients", () => {
  const message = (cases: string[], options: Parameters<typeof splitCases>[1]) => {
    try {
      splitCases(cases, options);
    } catch (error) {
      assert.ok(error instanceof InputError);
      return `${error.message}. ${error.hint}`;
    }
    return "";
  };
  assert.equal(
    message(["a"], {}),
    "Cannot split 1 case into training, validation and test: that takes at least 3. " +
      "Add cases, or set validation or test to 0 to do without",
  );
  assert.equal(
    message(["a1", "a2", "b1", "b2"], { patientOf: (id) => id[0]! }),
    "Cannot split 4 cases of 2 patients into training, validation and test: that takes at " +
      "least 3. Add patients, or set validation or test to 0 to do without",
  );
  assert.equal(
    message(["a"], { validation: 0 }),
    "Cannot split 1 case into training and test: that takes at least 2. " +
      "Add cases, or set test to 0 to do without",
  );
  assert.equal(
    message(names(3), { folds: 2 }),
    "Cannot split 3 cases into 2 folds with validation: that takes at least 4. " +
      "Add cases, or use fewer folds, or set validation to 0",
  );
  assert.equal(message(names(4), { folds: 2 }), "");
});

Deno.test("splitCases() records patients where they are known", () => {
  assert.equal(splitCases(names(5)).patients, undefined);
  const ids = ["b_2", "a_1", "a_2", "c_1"];
  assert.deepEqual(splitCases(ids, { patientOf: (id) => id[0]! }).patients, {
    ...{ a_1: "a", a_2: "a", b_2: "b", c_1: "c" },
  });
});

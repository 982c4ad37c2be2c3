import assert from "node:assert/strict";
import { join } from "@std/path";
import { requireModel, Stopped } from "../../lib/notebook/mod.ts";
import { describeError } from "../../lib/notebook/readable_errors.ts";
import { InputError } from "../../lib/support/errors.ts";
import { inFolder } from "../support/in_folder.ts";

const calls = Array.from({ length: 40 }, (_, i) => `call${i}`);

Deno.test("describeError of an InputError says what to do, and shows no calls", () => {
  const error = new InputError("Cannot read", { code: "bad-nifti", path: "a.nii", hint: "Look" });
  assert.equal(
    describeError(error, calls),
    "InputError: Cannot read: a.nii\n\nWhat to do: Look.\nCode: bad-nifti (docs/errors.md)",
  );
  assert.equal(
    describeError(new InputError("Cannot", { code: "diverged" }), calls),
    "InputError: Cannot\n\nCode: diverged (docs/errors.md)",
  );
  assert.match(
    describeError(new InputError("Cannot", { code: "bad-run", path: "a" }), calls),
    /What to do: Check the path, which starts at the project's folder\./,
  );
});

Deno.test("describeError of Stopped says what to do next, and shows no calls", () => {
  assert.equal(
    describeError(new Stopped("Run the next cell."), calls),
    "Stopped: nothing is lost. Run the next cell.",
  );
});

Deno.test("describeError of another error shows the innermost six calls", () => {
  assert.equal(
    describeError(new TypeError("wrong"), calls),
    "TypeError: wrong" + [0, 1, 2, 3, 4, 5].map((i) => `\n    at call${i}`).join(""),
  );
  assert.match(describeError(new ReferenceError("b is not defined"), calls), /cells above/);
  const before = new ReferenceError("Cannot access 'b' before initialization");
  assert.match(describeError(before, calls), /before initialization\n {4}at call0/);
});

Deno.test("requireModel names the cell that trains a missing model", async () => {
  await requireModel("models/hippocampus", "Run chapter 4");
  await assert.rejects(requireModel("runs/not-trained", "Run chapter 4"), (error: InputError) => {
    assert.deepEqual([error.code, error.hint], ["bad-run", "Run chapter 4"]);
    return error.path === "runs/not-trained";
  });
  await inFolder(async (folder) => {
    await Deno.writeTextFile(join(folder, "model1.safetensors"), ""); // one of two
    await assert.rejects(requireModel(folder, "Run chapter 4"), /not trained yet/);
  });
});

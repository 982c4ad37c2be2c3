import assert from "node:assert/strict";
import { InputError } from "../../lib/support/errors.ts";

Deno.test("an InputError says what, where and what to do, and keeps its cause", () => {
  const cause = new Error("EOF");
  const error = new InputError("Cannot read volume: gzip stream ends early", {
    code: "bad-nifti",
    path: "data/x.nii.gz",
    hint: "Download the file again",
    cause,
  });
  assert.equal(error.message, "Cannot read volume: gzip stream ends early: data/x.nii.gz");
  assert.equal(error.name, "InputError");
  assert.equal(error.code, "bad-nifti");
  assert.equal(error.path, "data/x.nii.gz");
  assert.equal(error.hint, "Download the file again");
  assert.equal(error.cause, cause);
});

Deno.test("an InputError needs neither path nor hint nor cause", () => {
  const error = new InputError("Cannot choose", { code: "bad-backend" });
  assert.equal(error.message, "Cannot choose");
  assert.deepEqual([error.code, error.path, error.hint], ["bad-backend", undefined, ""]);
  assert(!Object.hasOwn(error, "cause"));
});

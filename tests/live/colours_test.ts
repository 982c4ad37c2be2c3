import assert from "node:assert/strict";
import { classCode, classColour, codeColour } from "../../lib/live/colours.ts";

Deno.test("codeColour is that of the class, or of the last region that a code is in", () => {
  assert.deepEqual(
    [1, 2, 3].map((code) => codeColour(code, "classes")),
    [0, 1, 2].map(classColour),
  );
  const codes = [1, 2, 3, 4, 5, 7];
  assert.deepEqual(
    codes.map((code) => codeColour(code, "regions")),
    [0, 1, 1, 2, 2, 2].map(classColour),
  );
  for (const kind of ["classes", "regions"] as const) {
    for (const index of [0, 1, 2]) {
      assert.deepEqual(codeColour(classCode(index, kind), kind), classColour(index));
    }
  }
  assert.notDeepEqual(classColour(0), classColour(1));
});

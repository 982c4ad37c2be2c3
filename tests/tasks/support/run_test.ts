import assert from "node:assert/strict";
import type { PreparedSlices } from "../../../lib/slices/mod.ts";
import {
  backendOptions,
  formatDice,
  requireFlag,
  requireSound,
  showScore,
} from "../../../tasks/support/run.ts";

Deno.test("backendOptions: the model's shape, and what was asked for but auto", () => {
  const model = { channels: 8, hidden: 24 };
  assert.deepEqual(backendOptions({ backend: "ops", threads: 3 }, model), {
    ...{ channels: 8, hidden: 24, backend: "ops", threads: 3 },
  });
  assert.deepEqual(backendOptions({ backend: "auto", threads: 0 }, model), model);
  assert.deepEqual(backendOptions({}, model), model);
});

Deno.test("showScore prints a case's place, id and score, or why it has none", () => {
  const lines: string[] = [];
  const { log } = console;
  console.log = (line: string) => lines.push(line);
  try {
    const of = { total: 12, problem: undefined };
    showScore({ ...of, case: "a", dice: 0.71239, done: 3 } as never);
    showScore({ ...of, case: "b", dice: NaN, done: 10 } as never);
    showScore({ ...of, case: "c", dice: NaN, done: 12, problem: "it is gone" } as never);
  } finally {
    console.log = log;
  }
  assert.deepEqual(lines, [
    "   3/12  a  Dice 0.7124",
    "  10/12  b  Dice – (label and prediction are empty)",
    "  12/12  c  not scored: it is gone",
  ]);
  assert.equal(formatDice(0), "0.0000");
});

Deno.test("requireSound names cases with errors, and no warnings, unless they are left out", () => {
  const problem = (severity: string, id: string) => ({ severity, case: id, message: `m${id}` });
  const prepared = (...problems: unknown[]) =>
    ({ manifest: { problems } }) as unknown as PreparedSlices;
  const all = prepared(problem("error", "a"), problem("warning", "b"), problem("error", "c"));
  assert.throws(() => requireSound(all), { message: "Cannot use the data set: a: ma; c: mc" });
  requireSound(all, true);
  requireSound(prepared(problem("warning", "b")));
});

Deno.test("requireFlag gives the value, or names the flag that is missing", () => {
  assert.equal(requireFlag("x", "run", ""), "x");
  assert.throws(() => requireFlag(undefined, "run", "Give it"), {
    ...{ message: "Cannot run: --run is missing", hint: "Give it", code: "bad-command-line" },
  });
});

/** V8's flags change the kernels' speed and nothing else. */

import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { v8Flags } from "../../lib/rollout/wasm/v8_flags.ts";

const root = fileURLToPath(new URL("../../", import.meta.url));

/** What `print_rollout.ts` prints in a process of its own. */
async function printRollout(flags: string): Promise<string> {
  const { success, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: [
      "run",
      // The optimising compiler from the first call on: the flags are for its code.
      `--v8-flags=--no-liftoff${flags}`,
      "--allow-all",
      "--quiet",
      "tests/rollout/support/print_rollout.ts",
    ],
    cwd: root,
  }).output();
  assert(success, new TextDecoder().decode(stderr));
  return new TextDecoder().decode(stdout);
}

Deno.test("the kernels give the same bits with V8's flags and without", async () => {
  const [plain, fast] = await Promise.all([printRollout(""), printRollout(`,${v8Flags()}`)]);
  assert.match(plain, /^[0-9a-f]{64}\n$/);
  assert.equal(fast, plain);
});

Deno.test("the tasks that run the engine ask for the flags, and Deno takes them", async () => {
  const { tasks } = JSON.parse(await Deno.readTextFile(`${root}deno.json`));
  const begin = "DENO_V8_FLAGS=$(deno run tasks/v8_flags.ts) deno run -q -P=model ";
  for (const task of ["train", "evaluate", "predict", "plot", "robustness"]) {
    assert.ok(tasks[task].command.startsWith(begin), task);
  }
  // An unknown flag, or none at all, would end the program before it begins.
  for (const flags of [v8Flags(), v8Flags({ v8: "99.0.0.0" })]) {
    const { success, stderr } = await new Deno.Command(Deno.execPath(), {
      args: ["eval", "1"],
      env: { DENO_V8_FLAGS: flags },
    }).output();
    assert(success, new TextDecoder().decode(stderr));
  }
});

Deno.test("only x86's compiler is asked for vectors of 256 bits, and an unknown V8 for nothing", () => {
  const v8 = "15.0.245.2";
  assert.match(v8Flags({ arch: "x86_64", v8 }), /--no-wasm-bounds-checks,--.*revectorize$/);
  assert.equal(v8Flags({ arch: "aarch64", v8 }), "--no-wasm-bounds-checks");
  assert.doesNotMatch(v8Flags({ arch: "x86_64", v8: "99.0.0.0" }), /wasm/);
});

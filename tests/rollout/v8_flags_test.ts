/** V8's flags change the kernels' speed and nothing else. */

import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { V8_FLAGS } from "../../lib/rollout/wasm/v8_flags.ts";

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
  const [plain, fast] = await Promise.all([printRollout(""), printRollout(`,${V8_FLAGS}`)]);
  assert.match(plain, /^[0-9a-f]{64}\n$/);
  assert.equal(fast, plain);
});

Deno.test("the tasks that run the engine have the flags", async () => {
  const { tasks } = JSON.parse(await Deno.readTextFile(`${root}deno.json`));
  for (const task of ["train", "evaluate", "predict", "plot", "robustness"]) {
    assert.ok(tasks[task].command.includes(` --v8-flags=${V8_FLAGS} `), task);
  }
});

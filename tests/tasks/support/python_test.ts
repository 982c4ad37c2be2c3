import assert from "node:assert/strict";
import { findPython, pythons, runPython } from "../../../tasks/support/python.ts";

/** The Pythons of a machine with some files, in the order in which they are tried. */
function order(env: Record<string, string>, files: string[]): string[] {
  return pythons((name) => env[name], (path) => files.includes(path));
}

Deno.test({
  name: "pythons() puts the user's Python before those that npx brings",
  ignore: Deno.build.os === "windows",
  fn: () => {
    const files = [
      "/usr/bin/node",
      "/usr/bin/python3",
      "/home/me/.pyenv/shims/python",
      "/home/me/.npm/_npx/1/node_modules/.bin/python3",
      "/opt/conda/bin/python3",
      "/work/venv/bin/python3",
      ".venv/bin/python",
    ];
    const PATH = "/home/me/.npm/_npx/1/node_modules/.bin:/usr/bin:/opt/conda/bin::/usr/bin";
    assert.deepEqual(order({ PATH, VIRTUAL_ENV: "/work/venv", HOME: "/home/me" }, files), [
      "/work/venv/bin/python3",
      ".venv/bin/python",
      "/opt/conda/bin/python3",
      "/home/me/.pyenv/shims/python",
      "/home/me/.npm/_npx/1/node_modules/.bin/python3",
      "/usr/bin/python3",
    ]);
    // Without Node, PATH is as it is.
    assert.deepEqual(order({ PATH: "/usr/bin:/opt/conda/bin" }, files.slice(1)), [
      ".venv/bin/python",
      "/usr/bin/python3",
      "/opt/conda/bin/python3",
    ]);
    const elsewhere = ["/pyenv/shims/python3", "/usr/bin/python3"];
    assert.deepEqual(order({ PYENV_ROOT: "/pyenv" }, elsewhere), elsewhere);
  },
});

Deno.test("findPython() passes over a Python that cannot run the code", async () => {
  assert.equal(await findPython("import no_module_of_this_name"), undefined);
  await assert.rejects(runPython(Deno.execPath(), ["eval", "throw new Error('why')"]), /why/);
  assert.equal(await runPython(Deno.execPath(), ["eval", "console.log(4)"]), "4\n");
});

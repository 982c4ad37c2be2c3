import assert from "node:assert/strict";
import { join } from "@std/path";
import { canBundle } from "../support/bundle.ts";
import { inFolder } from "../support/in_folder.ts";
import { until } from "../support/until.ts";

const TASK = new URL("../../tasks/live.ts", import.meta.url).pathname;

const namesIn = (folder: string) => Array.from(Deno.readDirSync(folder), ({ name }) => name);

/** Starts the task with temporary files of its own, interrupts it, and gives what is left of them. */
async function leftAfter(
  args: string[],
  when: (temporary: string) => boolean,
  signal: Deno.Signal,
): Promise<string[]> {
  return await inFolder(async (folder) => {
    const temporary = join(folder, "tmp");
    await Deno.mkdir(temporary);
    const child = new Deno.Command(Deno.execPath(), {
      args: ["run", "-A", "--no-check", TASK, "--no-browser", ...args],
      ...{ cwd: folder, env: { TMPDIR: temporary }, stdout: "null", stderr: "null" },
    }).spawn();
    await until(child, () => Promise.resolve(when(temporary)));
    child.kill(signal);
    await child.status;
    return namesIn(temporary);
  });
}

const ignore = Deno.build.os === "windows" || !await canBundle();

for (const [name, args] of [["serves", []], ["builds", ["--build", "site"]]] as const) {
  Deno.test({
    name:
      `live leaves no temporaryFolder() where it is interrupted while it ${name} (needs deno bundle)`,
    ignore,
    fn: async () => {
      const hasBegun = (temporary: string) => namesIn(temporary).length >= 2;
      assert.deepEqual(await leftAfter([...args], hasBegun, "SIGINT"), []);
    },
  });
}

Deno.test({
  name:
    "live serves its page at the port, isolated and restricted, until it is interrupted (needs deno bundle)",
  ignore,
  fn: async () => {
    const free = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    const { port } = free.addr;
    free.close();
    const child = new Deno.Command(Deno.execPath(), {
      args: ["run", "-A", "--no-check", TASK, "--no-browser", "--port", String(port)],
      ...{ stdout: "piped", stderr: "null" },
    }).spawn();
    const output = child.stdout.pipeThrough(new TextDecoderStream()).getReader();
    try {
      const address = `http://127.0.0.1:${port}/`;
      assert.equal((await output.read()).value, `The page is at ${address}; Ctrl-C ends it\n`);
      const answer = await fetch(address);
      assert.match(await answer.text(), /<title>Med-NCA, live<\/title>/);
      const header = (name: string) => answer.headers.get(name) ?? "";
      assert.equal(header("cross-origin-opener-policy"), "same-origin");
      assert.equal(header("cross-origin-embedder-policy"), "require-corp");
      assert.match(header("content-security-policy"), /^default-src 'none'; script-src 'self' /);
      const missing = await fetch(`${address}none.js`);
      await missing.body?.cancel();
      assert.equal(missing.status, 404);
    } finally {
      child.kill("SIGINT");
      await child.status;
      await output.cancel();
    }
  },
});

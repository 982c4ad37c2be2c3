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

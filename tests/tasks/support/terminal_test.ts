import assert from "node:assert/strict";
import { join } from "@std/path";
import { type Task, taskCommand } from "../../../tasks/support/task_command.ts";
import { writeTinyVolumes } from "../../training/support/tiny_data.ts";
import { inFolder, tinyFlags } from "./run_task.ts";

const ROOT = new URL("../../../", import.meta.url).pathname;

/** `script` of util-linux gives a program a terminal. */
const hasTerminal = await new Deno.Command("script", { args: ["-qec", "true", "/dev/null"] })
  .output().then(({ success }) => success, () => false);

Deno.test({
  name: "no task asks for a permission in a terminal, where Deno asks in place of refusing " +
    "(needs util-linux's script)",
  ignore: !hasTerminal,
  fn: () =>
    inFolder(async (folder) => {
      await writeTinyVolumes(join(folder, "data"));
      const run = ["--run", "run"];
      const runs: [Task, string[]][] = [
        ["verify", ["--help"]],
        ["train", ["--data", "data", "--out", "run", ...tinyFlags({ epochs: 1, backend: "auto" })]],
        ["predict", [...run, "--image", "data/images", "--out", "masks"]],
        ["evaluate", run],
        ["plot", run],
      ];
      for (const [task, args] of runs) {
        const command = taskCommand(task);
        const script = join(ROOT, command.pop()!);
        const words = [...command, "--config", join(ROOT, "deno.json"), script, ...args];
        const { code, stdout } = await new Deno.Command("script", {
          args: ["-qec", [Deno.execPath(), ...words].join(" "), "/dev/null"],
          cwd: folder,
          stdin: "null",
        }).output();
        const text = new TextDecoder().decode(stdout);
        assert.doesNotMatch(text, /Deno requests/, task);
        assert.equal(code, 0, text);
      }
    }),
});

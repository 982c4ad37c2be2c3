import assert from "node:assert/strict";
import { join } from "@std/path";
import manifest from "../../../deno.json" with { type: "json" };
import { writeTinyVolumes } from "../../training/support/tiny_data.ts";
import { until } from "../../support/until.ts";
import { inFolder, runTaskIn, startTask, tinyFlags } from "./run_task.ts";

const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;
const ROOT = new URL("../../../", import.meta.url);
const ignore = Deno.build.os === "windows"; // it knows no signals

const hasText = (path: string, text: string) =>
  Deno.readTextFile(path).then((content) => content.includes(text), () => false);

/** A training of many epochs in a folder, with what it needs to be resumed. */
async function longTraining(folder: string): Promise<string[]> {
  await writeTinyVolumes(join(folder, "data"));
  return ["--data", "data", "--out", "run", ...tinyFlags({ epochs: 5000 })];
}

Deno.test({
  name: "SIGINT, SIGTERM and SIGHUP save a checkpoint, though nobody reads what is printed",
  ignore,
  fn: async () => {
    await inFolder(async (folder) => {
      const args = await longTraining(folder);
      const csv = join(folder, "run", "metrics.csv");
      for (const [i, signal] of SIGNALS.entries()) {
        const child = startTask(folder, "train", i === 0 ? args : ["--out", "run", "--resume"]);
        // As when a terminal is closed: every print fails
        await Promise.all([child.stdout.cancel(), child.stderr.cancel()]);
        const before = (await Deno.readTextFile(csv).catch(() => "")).split("\n").length;
        await until(child, () => hasText(csv, `\n${before + 1},`));
        child.kill(signal);
        const { code, signal: killedBy } = await child.status;
        assert.deepEqual([code, killedBy], [130, null], signal);
        assert.ok((await Deno.stat(join(folder, "run", "checkpoint.safetensors"))).isFile);
      }
      const epochs = (await Deno.readTextFile(csv)).trimEnd().split("\n").slice(1)
        .map((row) => Number.parseInt(row));
      assert.deepEqual(epochs, epochs.map((_, i) => i + 1), "an epoch is missing or there twice");
    });
  },
});

Deno.test({
  name: "a signal before there is anything to save ends a task with the same status",
  ignore,
  fn: async () => {
    await inFolder(async (folder) => {
      const script = join(folder, "slow.ts");
      await Deno.writeTextFile(
        script,
        `import "${new URL("tasks/support/interrupt.ts", ROOT)}";
         console.log("loading");
         await new Promise((resolve) => setTimeout(resolve, 60_000));`,
      );
      for (const signal of SIGNALS) {
        const child = new Deno.Command(Deno.execPath(), {
          args: ["run", "--quiet", script],
          stdout: "piped",
        }).spawn();
        const reader = child.stdout.getReader();
        await reader.read();
        child.kill(signal);
        const { code, signal: killedBy } = await child.status;
        assert.deepEqual([code, killedBy], [130, null], signal);
        await reader.cancel();
      }
    });
  },
});

Deno.test({
  name: "a signal while data is prepared ends train, and the same command goes on",
  ignore,
  fn: async () => {
    await inFolder(async (folder) => {
      await writeTinyVolumes(join(folder, "data"), { cases: 24 });
      const args = ["--data", "data", "--out", "run", ...tinyFlags({ epochs: 1 })];
      const child = startTask(folder, "train", args);
      const output = child.output();
      await until(child, async () => {
        const found = await Array.fromAsync(Deno.readDir(join(folder, "prepared"))).catch(() => []);
        return found.length > 0;
      });
      child.kill("SIGTERM");
      const { code, stderr } = await output;
      assert.equal(code, 130, new TextDecoder().decode(stderr));
      assert.ok(!await hasText(join(folder, "run", "config.json"), ""), "the run has begun");
      const again = await runTaskIn(folder, "train", ...args);
      assert.equal(again.code, 0, again.error);
    });
  },
});

Deno.test({
  name: "a training under nohup outlives its terminal",
  ignore,
  fn: async () => {
    await inFolder(async (folder) => {
      const script = join(folder, "long.ts");
      await Deno.writeTextFile(
        script,
        `import "${new URL("tasks/support/interrupt.ts", ROOT)}";
         console.log("started");
         Deno.kill(Deno.pid, "SIGHUP");
         await new Promise((resolve) => setTimeout(resolve, 500));
         console.log("alive");`,
      );
      // What nohup does where standard input is a terminal
      const { stdout } = await new Deno.Command("sh", {
        args: [
          "-c",
          'trap "" HUP; exec "$0" run --quiet --allow-run long.ts 0>/dev/null',
          Deno.execPath(),
        ],
        cwd: folder,
      }).output();
      assert.equal(new TextDecoder().decode(stdout), "started\nalive\n");
    });
  },
});

Deno.test("every task listens for signals before it loads anything else", async () => {
  for (const [task, { command }] of Object.entries(manifest.tasks)) {
    const path = command.split(" ").at(-1)!;
    if (["test", "ok"].includes(task)) continue; // it imports nothing; no program
    const text = await Deno.readTextFile(new URL(path, ROOT));
    const [first] = /^import .*$/m.exec(text) ?? [];
    assert.match(first ?? "", /^import (\{.*\} from )?"[./a-z]*support\/interrupt\.ts";$/, task);
  }
});

import assert from "node:assert/strict";
import { join } from "@std/path";
import manifest from "../../deno.json" with { type: "json" };
import { inPool } from "../../lib/support/in_pool.ts";
import { type Task, taskCommand } from "../../tasks/support/task_command.ts";
import { inFolder, tinyFlags } from "../tasks/support/run_task.ts";
import { writeTinyVolumes } from "../training/support/tiny_data.ts";

/** The permission sets of deno.json: true for everything, or names. */
const SETS: Record<string, Record<string, true | string[]>> = JSON.parse(
  JSON.stringify(manifest.permissions),
);

const ROOT = new URL("../../", import.meta.url).pathname;

/** Tasks that start other programs, which have permissions of their own. */
const STARTERS = ["setup:gpu", "bench", "live", "notebook", "test", "test:kill"];

/** The programs that tasks may start, if they are known in advance. */
const PROGRAMS: Record<string, string[]> = { cluster: ["deno", "sbatch", "squeue"] };

/** The hosts that tasks may reach or serve; all others reach none. */
const HOSTS: Record<string, string[]> = {
  download: ["msd-for-monai.s3-us-west-2.amazonaws.com"],
  live: ["127.0.0.1"],
};

/** Tasks that pass their whole environment on to a program that they start. */
const WHOLE_ENVIRONMENT = ["bench", "test:kill"];

/** What stands before the program: V8's flags, from a script without any permission. */
const V8_FLAGS = "DENO_V8_FLAGS=$(deno run tasks/v8_flags.ts) ";

for (const [task, { command }] of Object.entries(manifest.tasks)) {
  if (!command.replace(V8_FLAGS, "").startsWith("deno run")) continue;
  Deno.test(`the ${task} task has no permission that it does not need`, () => {
    const [, , set, ...others] = taskCommand(task as Task);
    const script = others.pop()!;
    assert.match(script, /\.ts$/);
    assert.match(set!, /^-P=/);
    const permissions = SETS[set!.slice(3)]!;
    for (const name of Object.keys(permissions)) {
      assert.match(name, /^(read|write|env|sys|ffi|run|net)$/);
    }
    // Which Deno runs is not known in advance, so only setup:gpu has a flag beside its set.
    const run = permissions["run"] ?? others.join(" ").startsWith("--allow-run=");
    assert.equal(others.length > 0, task === "setup:gpu");
    assert.deepEqual(run, PROGRAMS[task] ?? STARTERS.includes(task));
    const { net } = permissions;
    assert.deepEqual(net, HOSTS[task], "a task reaches the hosts that it needs");
    if (WHOLE_ENVIRONMENT.includes(task)) return;
    for (const name of ["env", "sys", "ffi", "net"]) {
      assert.ok(Array.isArray(permissions[name] ?? []), `${name} says what it allows`);
    }
  });
}

/** The processes that a machine can start without any network interface. */
const unshare = await works("unshare", ["-rn", "true"]);

async function works(command: string, args: string[]): Promise<boolean> {
  try {
    return (await new Deno.Command(command, { args, stderr: "null" }).output()).success;
  } catch {
    return false;
  }
}

Deno.test("preprocess, train, predict, evaluate and plot run with the network denied, and no interface where unshare can take it away", () =>
  inFolder(async (folder) => {
    await writeTinyVolumes(join(folder, "data"));
    const runs: [Task, string[]][] = [
      ["preprocess", ["--data", "data", "--out", "slices"]],
      ["train", ["--data", "data", "--out", "run", ...tinyFlags({ epochs: 1, backend: "auto" })]],
      ["predict", ["--run", "run", "--image", "data/images", "--out", "masks"]],
      ["evaluate", ["--run", "run"]],
      ["plot", ["--run", "run"]],
    ];
    for (const [task, args] of runs) {
      const [run, ...rest] = taskCommand(task);
      assert.equal(run, "run");
      const script = join(ROOT, rest.pop()!);
      const [command, ...words] = [
        ...(unshare ? ["unshare", "-rn"] : []),
        ...[Deno.execPath(), "run", "--no-prompt", "--cached-only", ...rest, "--deny-net"],
        ...["--config", join(ROOT, "deno.json"), script, ...args],
      ];
      const { code, stderr } = await new Deno.Command(command!, { args: words, cwd: folder })
        .output();
      assert.equal(code, 0, `${task}: ${new TextDecoder().decode(stderr)}`);
    }
    assert.ok((await Deno.stat(join(folder, "masks", "case_0.nii.gz"))).isFile);
    assert.ok((await Deno.stat(join(folder, "run", "plots", "predictions.png"))).isFile);
  }));

Deno.test("every task starts with the permissions that it has", async () => {
  const tasks = (Object.keys(manifest.tasks) as Task[]).filter((task) => task !== "ok");
  const start = async (task: Task) => {
    const { success, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
      args: ["task", "--quiet", task, "--help"],
      cwd: ROOT,
      env: { NO_COLOR: "1", DENO_NO_PROMPT: "1" },
    }).output();
    const [help, error] = [stdout, stderr].map((bytes) => new TextDecoder().decode(bytes));
    assert.ok(success, `${task}: ${error}`);
    assert.match(help!, new RegExp(`^Usage: deno task ${task} `));
    assert.equal(error, "", task);
  };
  await inPool(tasks, 2, start);
});

import assert from "node:assert/strict";
import { join } from "@std/path";
import manifest from "../../deno.json" with { type: "json" };
import { type Task, taskCommand } from "../../tasks/support/task_command.ts";
import { TINY, writeTinyVolumes } from "../training/support/tiny_data.ts";

const ROOT = new URL("../../", import.meta.url).pathname;

/** Tasks that start other programs, which have permissions of their own. */
const STARTERS = ["setup:gpu", "bench", "notebook", "test", "test:kill"];

/** Tasks that pass their whole environment on to a program that they start. */
const WHOLE_ENVIRONMENT = ["bench", "test:kill"];

/** What stands before the program: V8's flags, from a script without any permission. */
const V8_FLAGS = "DENO_V8_FLAGS=$(deno run tasks/v8_flags.ts) ";

for (const [task, { command }] of Object.entries(manifest.tasks)) {
  if (!command.replace(V8_FLAGS, "").startsWith("deno run")) continue;
  Deno.test(`the ${task} task has no permission that it does not need`, () => {
    const flags = taskCommand(task as Task).filter((word) => word.startsWith("--"));
    for (const flag of flags) assert.match(flag, /^--allow-(read|write|env|sys|ffi|run|net)(=|$)/);
    const has = (name: string) => flags.find((flag) => flag.split("=")[0] === `--allow-${name}`);
    const net = task === "download";
    assert.equal(has("net") !== undefined, net, "only download reaches the network");
    if (net) assert.match(has("net")!, /=/, "and only hosts that are named");
    assert.equal(has("run") !== undefined, STARTERS.includes(task));
    if (WHOLE_ENVIRONMENT.includes(task)) return;
    for (const name of ["env", "sys", "ffi"]) {
      assert.match(has(name) ?? "=", /=/, `--allow-${name} says what it allows`);
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

const ways = [
  { name: "the network denied", before: [], flags: ["--deny-net"], ignore: false },
  {
    name: "no network interface at all (needs unshare)",
    before: ["unshare", "-rn"],
    flags: [],
    ignore: !unshare,
  },
];
for (const { name, before, flags, ignore } of ways) {
  Deno.test({
    name: `preprocess, train, predict, evaluate and plot run with ${name}`,
    ignore,
    fn: async () => {
      const folder = await Deno.makeTempDir();
      try {
        await writeTinyVolumes(join(folder, "data"));
        const size = Object.entries(TINY).flatMap(([key, value]) => [
          `--${key.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`,
          String(value),
        ]);
        const runs: [Task, string[]][] = [
          ["preprocess", ["--data", "data", "--out", "slices"]],
          ["train", ["--data", "data", "--out", "run"]],
          ["predict", ["--run", "run", "--image", "data/images", "--out", "masks"]],
          ["evaluate", ["--run", "run"]],
          ["plot", ["--run", "run"]],
        ];
        runs[1]![1].unshift(...size);
        for (const [task, args] of runs) {
          const [run, ...rest] = taskCommand(task);
          assert.equal(run, "run");
          const script = join(ROOT, rest.pop()!);
          const [command, ...words] = [
            ...before,
            Deno.execPath(),
            "run",
            "--quiet",
            "--no-prompt",
            "--cached-only",
            ...rest,
            ...flags,
            "--config",
            join(ROOT, "deno.json"),
            script,
            ...args,
          ];
          const { code, stderr } = await new Deno.Command(command!, { args: words, cwd: folder })
            .output();
          assert.equal(code, 0, `${task}: ${new TextDecoder().decode(stderr)}`);
        }
        assert.ok((await Deno.stat(join(folder, "masks", "case_0.nii.gz"))).isFile);
        assert.ok((await Deno.stat(join(folder, "run", "plots", "predictions.png"))).isFile);
      } finally {
        await Deno.remove(folder, { recursive: true });
      }
    },
  });
}

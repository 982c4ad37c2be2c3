import { CommanderError } from "commander";
import assert from "node:assert/strict";
import { join } from "@std/path";
import { InputError } from "../../../lib/support/errors.ts";
import {
  createTask,
  numberFlag,
  numberListFlag,
  Option,
  parseTask,
} from "../../../tasks/support/cli.ts";

interface Flags {
  learningRate: number;
  size?: number[];
  format: string;
  resume: boolean;
}

function command() {
  return createTask("train", "Train")
    .option("--learning-rate <n>", "step size", numberFlag({ min: 0 }), 1e-4)
    .option("--size <h,w>", "size", numberListFlag({ integer: true, min: 4, length: 2 }))
    .addOption(new Option("--format <name>", "format").choices(["npy", "png"]).default("npy"))
    .option("--no-resume", "start again")
    .configureOutput({ writeErr: () => {}, writeOut: () => {} });
}

async function withConfig(config: unknown, use: (path: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    const path = join(folder, "config.json");
    await Deno.writeTextFile(path, typeof config === "string" ? config : JSON.stringify(config));
    await use(path);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.test("flags override the config file, which overrides the defaults", async () => {
  await withConfig({ learningRate: 0.5, size: [8, 12], resume: false }, async (path) => {
    const args = ["--config", path, "--learning-rate", "0.25"];
    assert.deepEqual(await parseTask<Flags>(command(), args), {
      learningRate: 0.25,
      size: [8, 12],
      format: "npy",
      resume: false,
    });
  });
});

Deno.test("every problem of a config file is listed, with the nearest known key", async () => {
  const config = { lerningRate: 1, size: [8], format: "gif", learningRate: "fast", resume: "no" };
  await withConfig(config, async (path) => {
    await assert.rejects(parseTask(command(), ["--config", path]), (error) => {
      assert.ok(error instanceof InputError);
      assert.match(error.message, /"lerningRate" \(did you mean "learningRate"\?\)/);
      assert.match(error.message, /"size": \[8\] is invalid: Expected 2 numbers/);
      assert.match(error.message, /"format": "gif" is invalid/);
      assert.match(error.message, /"learningRate": "fast" is invalid/);
      assert.match(error.message, /"resume": "no" is invalid: expected true or false/);
      return true;
    });
  });
});

Deno.test("a config file that is missing, no JSON or no object is an input error", async () => {
  await assert.rejects(parseTask(command(), ["--config", "missing.json"]), InputError);
  for (const text of ["{", "[1]", "null"]) {
    await withConfig(text, async (path) => {
      await assert.rejects(parseTask(command(), ["--config", path]), InputError);
    });
  }
});

Deno.test("a wrong command line is refused, naming the nearest flag", async () => {
  const cases: [string[], RegExp][] = [
    [["--lerning-rate", "1"], /Did you mean --learning-rate/],
    [["--learning-rate", "-1"], /Expected a number of at least 0/],
    [["--learning-rate", ""], /Expected a number/],
    [["--size", "8,9.5"], /Expected an integer of at least 4/],
    [["extra"], /too many arguments/],
  ];
  for (const [args, message] of cases) {
    let told = "";
    const task = command().configureOutput({ writeErr: (text) => told += text });
    await assert.rejects(parseTask(task, args), (error) => {
      assert.ok(error instanceof CommanderError);
      return error.exitCode === 1;
    });
    assert.match(told, message);
  }
});

Deno.test("a task ends with status 1 and one paragraph on an input error", async () => {
  const root = new URL("../../../", import.meta.url);
  const script = `
    import { runTask } from "${new URL("tasks/support/cli.ts", root)}";
    import { InputError } from "${new URL("lib/support/errors.ts", root)}";
    setInterval(() => {}, 1000); // a task that still holds something open
    await runTask(() => {
      if (Deno.args.includes("--bug")) throw new TypeError("x is undefined");
      if (Deno.args.includes("--call")) throw new InputError("No", { code: "bad-command-line" });
      throw new InputError("Cannot read volume: empty\\x1b[2J", {
        code: "bad-nifti",
        path: "x.nii",
        hint: "Do this",
      });
    });`;
  await withConfig(script, async (path) => {
    const file = path.replace(/json$/, "ts");
    await Deno.rename(path, file);
    const run = async (...flags: string[]) => {
      const { code, stderr } = await new Deno.Command(Deno.execPath(), {
        args: [
          "run",
          "--quiet",
          "--config",
          new URL("deno.json", root).pathname,
          "--allow-all",
          file,
          ...flags,
        ],
      }).output();
      return { code, text: new TextDecoder().decode(stderr) };
    };
    const plain = await run();
    assert.deepEqual(plain, {
      code: 1,
      text: "error: Cannot read volume: empty\ufffd[2J: x.nii\nDo this\n" +
        "Code: bad-nifti (docs/errors.md)\n",
    });
    const debug = await run("--debug");
    assert.equal(debug.code, 1);
    assert.match(debug.text, /\n\s+at /);
    const bug = await run("--bug");
    assert.equal(bug.code, 1);
    assert.match(bug.text, /^error: TypeError: x is undefined\nThis is a bug;/);
    assert.doesNotMatch(bug.text, /\n\s+at /);
    assert.match((await run("--bug", "--debug")).text, /\n\s+at /);
    assert.equal((await run("--call")).code, 2);
  });
});

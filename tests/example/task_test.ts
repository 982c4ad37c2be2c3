import assert from "node:assert/strict";
import { join } from "@std/path";

const task = join(import.meta.dirname!, "../../tasks/example.ts");

async function run(...args: string[]) {
  const permissions = ["--allow-read", "--allow-write", "--allow-env"];
  const command = new Deno.Command(Deno.execPath(), {
    args: ["run", "--quiet", ...permissions, task, ...args],
  });
  const { code, stdout, stderr } = await command.output();
  const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
  return { code, stdout: text(stdout), stderr: text(stderr) };
}

Deno.test("deno task example tells its flags, and the nearest one to a wrong one", async () => {
  const help = await run("--help");
  assert.equal(help.code, 0);
  assert.match(help.stdout, /--out <folder> .*data\.example/s);
  assert.match(help.stdout, /--seed <n>/);
  const wrong = await run("--sed", "3");
  assert.equal(wrong.code, 2);
  assert.match(wrong.stderr, /unknown option '--sed'\n\(Did you mean --seed\?\)/);
  const negative = await run("--seed", "-3");
  assert.equal(negative.code, 2);
  assert.match(negative.stderr, /Expected an integer from 0/);
});

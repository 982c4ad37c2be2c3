import { join } from "@std/path";
import manifest from "../../../deno.json" with { type: "json" };

/** A task of deno.json. */
export type Task = keyof typeof manifest.tasks;

const ROOT = new URL("../../../", import.meta.url).pathname;

/** Starts a task in a folder, with the permissions that deno.json gives it. */
export function startTask(folder: string, task: Task, args: readonly string[]): Deno.ChildProcess {
  const [, ...command] = manifest.tasks[task].command.split(" ");
  const script = join(ROOT, command.pop()!);
  return new Deno.Command(Deno.execPath(), {
    args: [...command, "--quiet", "--config", join(ROOT, "deno.json"), script, ...args],
    cwd: folder,
    stdout: "piped",
    stderr: "piped",
  }).spawn();
}

/** Runs a task to its end. */
export async function finishTask(folder: string, task: Task, args: readonly string[]) {
  const { code, stdout, stderr } = await startTask(folder, task, args).output();
  const [out, error] = [stdout, stderr].map((bytes) => new TextDecoder().decode(bytes));
  return { code, out: out!, error: error! };
}

import { join } from "@std/path";
import { type Task, taskCommand } from "../../../tasks/support/task_command.ts";
import type { ConfigOverrides } from "../../../lib/training/config.ts";
import { TINY } from "../../training/support/tiny_data.ts";

export type { Task };
export { inFolder } from "../../support/in_folder.ts";

const ROOT = new URL("../../../", import.meta.url).pathname;

/** The flags of a training of some seconds, on the engine that starts fastest, and others. */
export function tinyFlags(others: ConfigOverrides = {}): string[] {
  return Object.entries({ ...TINY, backend: "wasm", ...others }).flatMap((
    [key, value],
  ) => [
    `--${key.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`,
    String(value),
  ]);
}

/** Starts a task in a folder, with the permissions that deno.json gives it. */
export function startTask(folder: string, task: Task, args: readonly string[]) {
  const command = taskCommand(task);
  const script = join(ROOT, command.pop()!);
  return new Deno.Command(Deno.execPath(), {
    args: [...command, "--config", join(ROOT, "deno.json"), script, ...args],
    cwd: folder,
    stdout: "piped",
    stderr: "piped",
  }).spawn();
}

/** Runs a task to its end. */
export async function runTaskIn(folder: string, task: Task, ...args: string[]) {
  const { code, stdout, stderr } = await startTask(folder, task, args).output();
  const [out, error] = [stdout, stderr].map((bytes) => new TextDecoder().decode(bytes));
  return { code, out: out!, error: error! };
}

import manifest from "../../deno.json" with { type: "json" };

/** The name of a task in deno.json. */
export type Task = keyof typeof manifest.tasks;

/** The arguments of a task's `deno`: run, permissions, script. */
export function taskCommand(task: Task): string[] {
  const { command } = manifest.tasks[task];
  return command.slice(command.lastIndexOf("deno run ")).split(" ").slice(1);
}

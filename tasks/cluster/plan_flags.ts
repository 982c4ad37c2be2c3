/**
 * The flags of what jobs call.
 *
 * @module
 */

import { resolve } from "@std/path";
import { createTask, parseTask } from "../support/cli.ts";
import type { Command } from "../support/cli.ts";
import { requireOut } from "./launch.ts";

/** A command with `--out`, the folder of a plan. */
export function planCommand(verb: string, description: string): Command {
  return createTask(`cluster ${verb}`, description)
    .option("--out <folder>", "the folder that the plan was made in");
}

/** The flags of such a command. */
export async function planFlags<T extends object>(
  command: Command,
  args: readonly string[],
): Promise<T & { out: string }> {
  const flags = await parseTask<T & { out?: string }>(command, args);
  return { ...flags, out: resolve(requireOut(flags.out)) };
}

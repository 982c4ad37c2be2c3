/**
 * What a user waits for beside the rollout: the rest of a training step, and the start.
 *
 * @module
 */

import { join } from "@std/path";
import { createInterface } from "node:readline";
import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import { v8Flags } from "../../lib/rollout/wasm/v8_flags.ts";
import { taskCommand } from "../support/task_command.ts";
import type { Case } from "./compare.ts";
import { ourProgram } from "./our_program.ts";
import { median } from "./statistics.ts";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));

/** Starts of which the first only fills the caches. */
const STARTS = 4;

/**
 * A step of the whole training loop, data, losses, Adam and records included.
 *
 * @returns Seconds of a step, and the share of them that is not spent in the rollout.
 */
export async function measureLoop(
  { size, batch, threads }: Case,
): Promise<{ step_s: number; outside: number }> {
  const { success, stdout } = await new Deno.Command(Deno.execPath(), {
    args: [...ourProgram("our_loop.ts"), JSON.stringify({ size, batch, threads })],
    stderr: "inherit",
  }).output();
  if (!success) throw new Error("The training loop of the benchmark failed");
  return JSON.parse(new TextDecoder().decode(stdout));
}

/**
 * Seconds from starting `deno task train`, slices prepared and kernels compiled, until it tells its
 * first step.
 */
export async function measureStart(): Promise<number> {
  const folder = await Deno.makeTempDir();
  try {
    const seconds: number[] = [];
    for (let i = 0; i < STARTS; i++) seconds.push(await start(folder, `run-${i}`));
    return median(seconds.slice(1));
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

async function start(folder: string, run: string): Promise<number> {
  const [, ...command] = taskCommand("train");
  const began = performance.now();
  const child = spawn(
    Deno.execPath(),
    [
      "run",
      `--v8-flags=${v8Flags()}`,
      ...command,
      "--prepared",
      join(folder, "prepared"),
      "--out",
      join(folder, run),
    ],
    { cwd: ROOT, stdio: ["ignore", "ignore", "pipe"] },
  );
  try {
    for await (const line of createInterface({ input: child.stderr! })) {
      if (/^Epoch 1\/.* loss /.test(line)) return (performance.now() - began) / 1000;
    }
    throw new Error("The training ended before its first step");
  } finally {
    child.kill("SIGKILL");
    if (child.exitCode === null) await new Promise((resolve) => child.once("exit", resolve));
  }
}

/**
 * The jobs of a plan one after the other on this machine, each in a process of its own.
 *
 * @module
 */

import { join } from "@std/path";
import { CLUSTER_FOLDER, type Plan } from "../../lib/cluster/plan.ts";
import { InputError } from "../../lib/support/errors.ts";
import { formatDuration } from "../../lib/support/format_duration.ts";
import { lockFolder } from "../../lib/support/output_folder.ts";
import { INTERRUPTED, saveAtSignals } from "../support/interrupt.ts";
import { jobLog, lastLine, logsOf } from "./logs.ts";

/**
 * Prepares, runs the missing jobs, and gathers. A job that fails does not stop the others.
 *
 * @returns The exit status: that of the gathering.
 */
export async function runHere(
  out: string,
  plan: Plan,
  { missing, project }: { missing: readonly number[]; project: string },
): Promise<number> {
  using _lock = await lockFolder(join(out, CLUSTER_FOLDER), "run jobs");
  using stopping = saveAtSignals("Stopping this job, saving …");
  const { signal } = stopping;
  const start = (args: readonly string[], log: string) =>
    runLogged(["cluster", ...args, "--out", out], { log, project, signal });
  if (plan.kind === "train" && missing.length > 0) {
    const log = join(logsOf(out), "prepare.log");
    const code = await start(["prepare"], log);
    if (code === INTERRUPTED) return INTERRUPTED;
    if (code !== 0) {
      throw new InputError(`Cannot prepare the slices: ${await lastLine(log)}`, {
        ...{ code: "bad-data-set", path: log, hint: "Its log tells more" },
      });
    }
  }
  for (const [done, index] of missing.entries()) {
    const started = performance.now();
    const log = jobLog(out, index);
    const code = await start(["job", "--index", String(index)], log);
    if (code === INTERRUPTED || signal.aborted) {
      console.log(`Stopped; nothing is lost. Continue with the same command and --resume`);
      return INTERRUPTED;
    }
    const seconds = (performance.now() - started) / 1000;
    const how = code === 0 ? "done" : `failed: ${await lastLine(log)}`;
    console.log(
      `  ${done + 1}/${missing.length}  job ${index}  ${how}  (${formatDuration(seconds)}; about ` +
        `${formatDuration(seconds * (missing.length - done - 1))} left)`,
    );
  }
  const log = join(logsOf(out), "gather.log");
  await Deno.writeFile(log, new Uint8Array()); // all of it is shown
  const code = await start(["gather"], log);
  await Deno.stdout.write(await Deno.readFile(log));
  return code;
}

/** Runs a task with its output in a log; on a signal it is asked to save. */
async function runLogged(
  args: readonly string[],
  { log, project, signal }: { log: string; project: string; signal: AbortSignal },
): Promise<number> {
  const child = new Deno.Command("deno", {
    args: ["task", "--quiet", ...args],
    ...{ cwd: project, stdout: "piped", stderr: "piped", stdin: "null" },
  }).spawn();
  const stop = () => child.kill("SIGTERM");
  signal.addEventListener("abort", stop);
  try {
    using file = await Deno.open(log, { create: true, append: true });
    const write = async (stream: ReadableStream<Uint8Array>) => {
      for await (const bytes of stream) {
        for (let at = 0; at < bytes.length;) at += await file.write(bytes.subarray(at));
      }
    };
    await Promise.all([write(child.stdout), write(child.stderr)]);
    return (await child.status).code;
  } finally {
    signal.removeEventListener("abort", stop);
  }
}

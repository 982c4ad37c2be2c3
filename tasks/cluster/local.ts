/**
 * The jobs of a plan one after the other on this machine, each in a process of its own.
 *
 * @module
 */

import { join } from "@std/path";
import { CLUSTER_FOLDER, type Plan } from "../../lib/cluster/plan.ts";
import { InputError } from "../../lib/support/errors.ts";
import { writeAll } from "../../lib/support/files.ts";
import { formatDuration } from "../../lib/support/format_duration.ts";
import { StatusLine } from "../../lib/support/status_line.ts";
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
  using status = new StatusLine({ seconds: 60 });
  const start = (args: readonly string[], log: string, place: string) => {
    let score = "";
    const onLine = (text: string) => {
      score = /volume Dice [\d.]+/.exec(text)?.[0] ?? score;
      status.show(`${place}  ${shortened(text, score)}`);
    };
    return runLogged(["cluster", ...args, "--out", out], { log, project, signal, onLine });
  };
  if (plan.kind === "train" && missing.length > 0) {
    const log = join(logsOf(out), "prepare.log");
    const code = await start(["prepare"], log, "Slices");
    if (code === INTERRUPTED) return INTERRUPTED;
    if (code !== 0) {
      throw new InputError(`Cannot prepare the slices: ${await lastLine(log)}`, {
        ...{ code: "bad-data-set", path: log, hint: "Its log tells more" },
      });
    }
  }
  const began = performance.now();
  for (const [done, index] of missing.entries()) {
    const started = performance.now();
    const log = jobLog(out, index);
    const place = `${done + 1}/${missing.length}  job ${index}`;
    const code = await start(["job", "--index", String(index)], log, `  ${place}`);
    status.clear();
    if (code === INTERRUPTED || signal.aborted) {
      console.log(`Stopped; nothing is lost. Continue with the same command and --resume`);
      return INTERRUPTED;
    }
    const now = performance.now();
    const left = (now - began) / 1000 / (done + 1) * (missing.length - done - 1);
    const how = code === 0 ? "done" : `failed: ${await lastLine(log)}`;
    console.log(
      `  ${place}  ${how}  (${formatDuration((now - started) / 1000)}; about ` +
        `${formatDuration(left)} left)`,
    );
  }
  const log = join(logsOf(out), "gather.log");
  await Deno.writeFile(log, new Uint8Array()); // all of it is shown
  const code = await start(["gather"], log, "Results");
  status.clear();
  await Deno.stdout.write(await Deno.readFile(log));
  return code;
}

/** A line of a training, of which epoch, time left and latest score fit beside the job. */
function shortened(line: string, score: string): string {
  const [, epoch, left = ""] = /^(Epoch \d+\/\d+)(?:.* {2}(.* left)$)?/.exec(line) ?? [];
  return epoch === undefined ? line : [epoch, score, left].filter(Boolean).join("  ");
}

/** How {@linkcode runLogged} runs a task. */
interface LoggedRun {
  readonly log: string;
  readonly project: string;
  readonly signal: AbortSignal;
  /** Called with each line of its output, the training's with the time left. */
  readonly onLine: (text: string) => void;
}

/** Runs a task with its output in a log; on a signal it is asked to save. */
async function runLogged(
  args: readonly string[],
  { log, project, signal, onLine }: LoggedRun,
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
      const decoder = new TextDecoder();
      for await (const bytes of stream) {
        await writeAll(file, bytes);
        const lines = decoder.decode(bytes, { stream: true }).split("\n");
        const last = lines.findLast((line) => line.trim() !== "");
        if (last !== undefined) onLine(last.trim());
      }
    };
    await Promise.all([write(child.stdout), write(child.stderr)]);
    return (await child.status).code;
  } finally {
    signal.removeEventListener("abort", stop);
  }
}

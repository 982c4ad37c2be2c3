/**
 * The logs of jobs.
 *
 * @module
 */

import { join } from "@std/path";
import { CLUSTER_FOLDER } from "../../lib/cluster/plan.ts";
import { refuseOtherThanFiles } from "../../lib/support/read_file.ts";

/** The folder of the logs. */
export function logsOf(out: string): string {
  return join(out, CLUSTER_FOLDER, "logs");
}

/** The log of a job. */
export function jobLog(out: string, index: number): string {
  return join(logsOf(out), `job_${index}.log`);
}

/** Enough for the last line, however long the log. */
const TAIL_BYTES = 4096;

/** The last line of a log that says something. */
export async function lastLine(path: string): Promise<string> {
  await refuseOtherThanFiles(path, { what: "log", code: "bad-run" });
  using file = await Deno.open(path);
  const { size } = await file.stat();
  await file.seek(Math.max(0, size - TAIL_BYTES), Deno.SeekMode.Start);
  const lines = (await new Response(file.readable).text()).split(/[\r\n]+/);
  return lines.map((line) => line.trim()).findLast((line) => line !== "") ?? "its log is empty";
}

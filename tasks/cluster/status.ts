/**
 * `deno task cluster status`: how the jobs of a plan go.
 *
 * @module
 */

import { relative } from "@std/path";
import { readPlan } from "../../lib/cluster/plan.ts";
import { alignColumns } from "../../lib/evaluation/text_table.ts";
import { planCommand, planFlags } from "./plan_flags.ts";
import { type JobState, jobStates, type JobStatus } from "./jobs.ts";

const command = planCommand("status", "Tell which jobs are done, running, waiting or failed.");

/** More lines than this tell less. */
const MOST_LISTED = 100;

/** Prints the state of the jobs; 1 if any has failed. */
export async function run(args: string[]): Promise<number> {
  const { out } = await planFlags(command, args);
  const plan = await readPlan(out);
  const all = await jobStates(out, plan);
  for (const line of formatStatus(all, out)) console.log(line);
  const failed = all.some(({ state }) => state === "failed");
  if (failed) {
    console.log(
      `Start what is missing again with\n  deno task cluster ${plan.kind} --out ${out} ` +
        "--resume, and --submit or --engine local",
    );
  }
  return failed ? 1 : 0;
}

const STATES: readonly JobState[] = ["done", "running", "waiting", "failed", "not started"];

/** How many jobs are in each state, then those that are not done with their folders. */
function formatStatus(all: readonly JobStatus[], out: string): string[] {
  const counts = STATES.map((state) => [state, all.filter((job) => job.state === state).length]);
  const told = counts.filter(([, count]) => count !== 0).map(([state, n]) => `${n} ${state}`);
  const left = all.filter(({ state }) => state !== "done");
  const rows = left.slice(0, MOST_LISTED).map(({ index, folder, state, why }) => [
    `  ${relative(out, folder)}`,
    `job ${index}`,
    why === "" ? state : `${state}: ${why}`,
  ]);
  const columns = rows.length === 0 ? [] : alignColumns(rows.map((row) => row.slice(0, 2)));
  return [
    `${told.join(", ")} of ${all.length} jobs`,
    ...columns.map((line, i) => `${line}  ${rows[i]![2]}`),
    ...(left.length > rows.length ? [`  and ${left.length - rows.length} more`] : []),
  ];
}

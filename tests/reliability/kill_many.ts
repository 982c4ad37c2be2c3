/**
 * `deno task test:kill`: kills tasks at random moments, and tells whether anything was lost.
 *
 * @module
 */

import "../../tasks/support/interrupt.ts";
import { formatDuration } from "../../lib/support/format_duration.ts";
import { StatusLine } from "../../lib/support/status_line.ts";
import { KILL_TARGETS, killTasks } from "./kill_harness.ts";
import { createTask, numberFlag, Option, parseTask, runTask } from "../../tasks/support/cli.ts";

interface Flags {
  kills: number;
  seed: number;
  task?: string;
}

const command = createTask(
  "test:kill",
  "Kill preprocess, train and predict at random moments; check that every file is whole, that the " +
    "next start goes on, and that it ends with the same bits as a run that was not killed",
)
  .option("--kills <n>", "how many", numberFlag({ integer: true, min: 1 }), 100)
  .option("--seed <n>", "decides the moments", numberFlag({ integer: true, min: 0 }), 0)
  .addOption(
    new Option("--task <name>", "only this task").choices(KILL_TARGETS.map(({ task }) => task)),
  );

await runTask(async () => {
  const { kills, seed, task } = await parseTask<Flags>(command);
  const started = performance.now();
  using line = new StatusLine();
  const report = await killTasks({
    kills,
    seed,
    targets: KILL_TARGETS.filter((target) => task === undefined || target.task === task),
    onKill: (sofar) => line.count(sum(sofar.kills), kills, "kills"),
  });
  const { broken, different, leftOver, wentBack } = report;
  const counts = Object.entries(report.kills).map(([name, count]) => `${name} ${count}`).join(", ");
  console.log(
    `${sum(report.kills)} kills (${counts}) in ` +
      `${formatDuration((performance.now() - started) / 1000)}, seed ${seed}`,
  );
  console.log(`${report.finished} killed runs were finished and compared with one never killed`);
  console.log(`${report.temporary} temporary files were left by kills`);
  const problems = {
    "broken files after a kill": broken,
    "files lost or different in the end": different,
    "temporary files left in the end": leftOver,
    "trainings that lost steps they had saved": wentBack,
  };
  for (const [what, list] of Object.entries(problems)) {
    console.log([`${list.length} ${what}`, ...list].join("\n  "));
  }
  return Object.values(problems).flat().length === 0 ? 0 : 1;
});

function sum(kills: Record<string, number>): number {
  return Object.values(kills).reduce((a, b) => a + b, 0);
}

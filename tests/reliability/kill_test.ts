import assert from "node:assert/strict";
import { KILL_TARGETS, killTasks } from "./kill_harness.ts";

Deno.test("killed tasks leave whole files, go on, and end with the same bits", async () => {
  const { kills, finished, ...wrong } = await killTasks({ kills: 6, seed: 7 });
  assert.ok(finished >= KILL_TARGETS.length - 1);
  for (const [task, count] of Object.entries(kills)) assert.ok(count > 0, `${task} was not killed`);
  const { temporary: _, ...problems } = wrong;
  assert.deepEqual(problems, { broken: [], different: [], leftOver: [], wentBack: [] });
});

import assert from "node:assert/strict";

/** Waits until something holds that a process brings about; fails if the process ends before. */
export async function until(
  child: Deno.ChildProcess,
  condition: () => Promise<boolean>,
): Promise<void> {
  let ended = false;
  child.status.then(() => ended = true);
  while (!await condition()) {
    assert.ok(!ended || await condition(), "the process ended before that held");
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
}

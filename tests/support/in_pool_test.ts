import assert from "node:assert/strict";
import { inPool } from "../../lib/support/in_pool.ts";

const pause = () => new Promise((resolve) => setTimeout(resolve));

Deno.test("inPool does everything, no more than so many at a time", async () => {
  const done: number[] = [];
  let now = 0;
  let most = 0;
  await inPool([0, 1, 2, 3, 4, 5, 6], 3, async (item) => {
    most = Math.max(most, ++now);
    await pause();
    now--;
    done.push(item);
  });
  assert.deepEqual(done.sort(), [0, 1, 2, 3, 4, 5, 6]);
  assert.equal(most, 3);
});

Deno.test("inPool stops at the first error and throws it", async () => {
  const begun: number[] = [];
  const work = inPool([0, 1, 2, 3, 4, 5], 2, async (item) => {
    begun.push(item);
    await pause();
    if (item === 1) throw new Error("one");
  });
  await assert.rejects(work, /^Error: one$/);
  assert.ok(begun.length < 6, String(begun));
});

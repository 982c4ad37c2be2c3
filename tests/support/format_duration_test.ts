import assert from "node:assert/strict";
import { formatDuration } from "../../lib/support/format_duration.ts";

Deno.test("formatDuration() changes its units at a minute and at an hour", () => {
  const durations = [0, 59.4, 59.5, 60, 3599, 3600, 3690, 90_000].map(formatDuration);
  assert.deepEqual(durations, [
    ...["0 s", "59 s", "1 min 00 s", "1 min 00 s", "59 min 59 s"],
    ...["1 h 00 min", "1 h 01 min", "25 h 00 min"],
  ]);
});

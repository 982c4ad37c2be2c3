import fc from "fast-check";
import assert from "node:assert/strict";
import { orderStatistics } from "../../lib/support/order_statistics.ts";

Deno.test("orderStatistics() finds what sorting would", () => {
  fc.assert(fc.property(fc.float32Array({ minLength: 1, maxLength: 60 }), fc.nat(), (data, n) => {
    const sorted = data.filter(Number.isFinite).sort();
    if (sorted.length === 0) return;
    const place = n % sorted.length;
    const found = orderStatistics(data, (count) => {
      assert.equal(count, sorted.length);
      return [place, 0];
    });
    assert.deepEqual(found, [sorted[place], sorted[0]]);
  }));
});

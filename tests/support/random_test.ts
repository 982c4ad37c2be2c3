import assert from "node:assert/strict";
import fc from "fast-check";
import { hash32, mix32, Random } from "../../lib/support/random.ts";

const uint32 = fc.nat(2 ** 32 - 1);

Deno.test("hashes are what they always were: stored runs depend on them", () => {
  assert.deepEqual([mix32(0), mix32(1), mix32(0xffffffff)], [0, 1753845952, 1734902346]);
  assert.deepEqual([hash32(), hash32(0), hash32(1, 2, 3)], [2654435769, 3857679227, 2294670840]);
  const random = new Random(7);
  assert.deepEqual([random.uniform(), random.integer(100), random.normal()], [
    0.35114747285842896,
    30,
    0.680743353403509,
  ]);
});

Deno.test("mix32() takes different integers to different ones", () => {
  fc.assert(fc.property(uint32, uint32, (a, b) => {
    assert.equal(mix32(a) === mix32(b), a === b);
    assert.equal(mix32(a), mix32(a) >>> 0);
  }));
});

Deno.test("hash32() depends on every value and on their order", () => {
  fc.assert(fc.property(fc.array(uint32, { minLength: 1, maxLength: 5 }), fc.nat(4), (all, i) => {
    const changed = all.with(i % all.length, all[i % all.length]! ^ 1);
    assert.notEqual(hash32(...changed), hash32(...all));
  }));
  assert.notEqual(hash32(1, 2), hash32(2, 1));
  assert.notEqual(hash32(0), hash32(0, 0));
});

Deno.test("uniform numbers lie in [0, 1) and spread evenly", () => {
  const random = new Random(1, 2);
  const counts = new Array<number>(16).fill(0);
  const n = 64_000;
  for (let i = 0; i < n; i++) {
    const x = random.uniform();
    assert(x >= 0 && x < 1 && Number.isInteger(x * 2 ** 24));
    counts[Math.floor(16 * x)]!++;
  }
  // Chi square with 15 degrees of freedom: above 44 once in 10,000 sequences, and this is one.
  const chiSquare = counts.reduce((sum, count) => sum + (count - n / 16) ** 2 / (n / 16), 0);
  assert(chiSquare < 44, String(chiSquare));
});

Deno.test("normal numbers have mean 0, variance 1 and the tails of a normal distribution", () => {
  const random = new Random(3);
  const draws = Array.from({ length: 40_000 }, () => random.normal());
  const mean = draws.reduce((a, b) => a + b) / draws.length;
  const variance = draws.reduce((sum, x) => sum + (x - mean) ** 2, 0) / draws.length;
  const beyond = draws.filter((x) => Math.abs(x) > 1.96).length / draws.length;
  assert(Math.abs(mean) < 0.02, String(mean));
  assert(Math.abs(variance - 1) < 0.03, String(variance));
  assert(Math.abs(beyond - 0.05) < 0.005, String(beyond));
});

Deno.test("shuffle() permutes a copy, every place equally likely", () => {
  fc.assert(fc.property(fc.array(fc.integer()), uint32, (items, seed) => {
    const before = [...items];
    const shuffled = new Random(seed).shuffle(items);
    assert.deepEqual(items, before);
    assert.deepEqual(shuffled.toSorted(), items.toSorted());
  }));
  const places = new Array<number>(4).fill(0);
  for (let seed = 0; seed < 8000; seed++) places[new Random(seed).shuffle([0, 1, 2, 3])[0]!]!++;
  for (const count of places) assert(Math.abs(count - 2000) < 160, String(places));
});

import assert from "node:assert/strict";
import { pearson, spearman } from "../../lib/evaluation/correlation.ts";
import { Random } from "../../lib/support/random.ts";

Deno.test("what cannot be correlated is undefined", () => {
  for (const correlate of [pearson, spearman]) {
    assert.ok(Number.isNaN(correlate([1, 2], [2, 1])), "two points always lie on a line");
    assert.ok(Number.isNaN(correlate([1, 1, 1], [1, 2, 3])), "constant");
    assert.ok(Number.isNaN(correlate([], [])));
    assert.throws(() => correlate([1, 2, 3], [1, 2]), TypeError);
    // Undefined scores are left out
    assert.equal(correlate([1, NaN, 2, 3], [3, 9, 2, 1]), -1);
  }
});

const SCIPY = `
import json, sys
from scipy.stats import pearsonr, spearmanr
pairs = json.load(sys.stdin)
print(json.dumps([[pearsonr(x, y)[0], spearmanr(x, y)[0]] for x, y in pairs]))
`;

/** What scipy says of pairs; `undefined` where it is not installed. */
async function scipy(pairs: number[][][]): Promise<number[][] | undefined> {
  try {
    const child = new Deno.Command("python3", {
      args: ["-c", SCIPY],
      stdin: "piped",
      stdout: "piped",
      stderr: "null",
    }).spawn();
    const writer = child.stdin.getWriter();
    await writer.write(new TextEncoder().encode(JSON.stringify(pairs))).catch(() => {});
    await writer.close().catch(() => {});
    const { success, stdout } = await child.output();
    return success ? JSON.parse(new TextDecoder().decode(stdout)) : undefined;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound || error instanceof Deno.errors.NotCapable) {
      return undefined;
    }
    throw error;
  }
}

const PAIRS = [3, 10, 40].map((n) => {
  const random = new Random(n);
  const x = Array.from({ length: n }, () => random.normal());
  // Rounded, so that values come more than once
  return [x, x.map((value) => Math.round(4 * (random.normal() - value)) / 4)];
});
const expected = await scipy(PAIRS);

Deno.test({
  name: "correlations agree with scipy (needs python3 with scipy)",
  ignore: expected === undefined,
  fn: () => {
    for (const [i, [x, y]] of PAIRS.entries()) {
      const found = [pearson(x!, y!), spearman(x!, y!)];
      for (const [j, value] of found.entries()) {
        assert.ok(Math.abs(value - expected![i]![j]!) < 1e-12, `${i}: ${value}`);
      }
    }
  },
});

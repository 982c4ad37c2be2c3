import assert from "node:assert/strict";
import { join } from "@std/path";
import { parseCsv } from "../../lib/support/csv.ts";

const root = join(import.meta.dirname!, "../..");
const read = (path: string) => Deno.readTextFile(join(root, path));
const readme = (await read("README.md")).replaceAll("\n", " ");

/** The figure in the README that a pattern's group finds. */
function figure(pattern: RegExp): string {
  const [, found] = pattern.exec(readme) ?? assert.fail(`${pattern} is not in README.md`);
  return found!;
}

/** The rows of a table as objects. */
async function readTable(path: string): Promise<Record<string, number>[]> {
  const [head, ...rows] = parseCsv(await read(path));
  return rows.map((row) => Object.fromEntries(head!.map((name, i) => [name, Number(row[i])])));
}

Deno.test("the README says what the run scored that its pictures show", async () => {
  const cases = (await readTable("docs/images/summary.csv")).slice(0, 3);
  const dice = cases.map(({ TP, FP, FN }) => 2 * TP! / (2 * TP! + FP! + FN!));
  const mean = dice.reduce((a, b) => a + b) / 3;
  assert.equal(
    figure(/three held-out patients score a mean volume Dice of (0\.\d+)/),
    mean.toFixed(2),
  );
  const epochs = await readTable("docs/images/metrics.csv");
  const best = Math.max(...epochs.map((epoch) => epoch["val_volume_dice"]!));
  assert.equal(figure(/two validation patients reached (0\.\d+)/), best.toFixed(2));
});

Deno.test("the README says of the benchmark what its table says", async () => {
  const row = /^\| 320×320, batch 1, 2 threads +\| train .*$/m.exec(
    await read("docs/benchmarks.md"),
  );
  const [ours, torch, ratio, megabytes, torchMegabytes] = row![0].split("|").slice(3)
    .map((cell) => parseFloat(cell));
  assert.equal(
    figure(/training step at 320×320 is ([\d.]+) times as fast as PyTorch's/),
    ratio!.toFixed(1),
  );
  // The ratio is the median over pairs, which is near that of the medians.
  assert.ok(Math.abs(torch! / ours! - ratio!) < 0.3);
  assert.equal(figure(/in a (\w+) of the memory/), "seventh");
  assert.equal(Math.floor(torchMegabytes! / megabytes!), 7);
});

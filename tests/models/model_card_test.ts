/** What the model card and the README say of the hippocampus model, against its files. */

import assert from "node:assert/strict";
import { join } from "@std/path";
import { parseCsv } from "../../lib/support/csv.ts";

const root = new URL("../../", import.meta.url).pathname;
const folder = join(root, "models/hippocampus");
/** A text as one line, so that a sentence can be found however it is broken. */
const read = async (path: string) =>
  (await Deno.readTextFile(join(root, path))).replaceAll(/(?<!\|)\n(?!\|)/g, " ");

const card = await read("models/hippocampus/README.md");
const readme = await read("README.md");
const split: Record<"train" | "validation" | "test", string[]> = JSON.parse(
  await Deno.readTextFile(join(folder, "split.json")),
);

/** A column by row: of each case, and of mean, sd, median, ci95_low and ci95_high. */
type Column = Map<string, number>;

/** A stored summary, by column. */
async function readScores(name: string): Promise<(column: string) => Column> {
  const [head, ...rows] = parseCsv(await Deno.readTextFile(join(folder, name)));
  return (column) => {
    const at = head!.indexOf(column);
    assert.ok(at > 0, column);
    return new Map(rows.map((row) => [row[0]!, Number(row[at])]));
  };
}

const runs = [
  { name: "one run", scores: await readScores("summary.csv") },
  { name: "mean of ten runs", scores: await readScores("summary_samples_10.csv") },
];

const of = (column: Column, cases: readonly string[]) => cases.map((id) => column.get(id)!);
const mean = (values: readonly number[]) => values.reduce((a, b) => a + b) / values.length;
const deviation = (values: readonly number[]) =>
  Math.sqrt(
    values.reduce((sum, x) => sum + (x - mean(values)) ** 2, 0) / (values.length - 1),
  );

/** Cases 2k − 1 and 2k are the two sides of one patient. */
const patientOf = (id: string) => Math.ceil(Number(id.slice(-3)) / 2);
const patients = (ids: readonly string[]) => new Set(ids.map(patientOf)).size;

/** The mean over patients of the mean over each one's cases. */
function meanByPatient(column: Column): number {
  const byPatient = Map.groupBy(split.test, patientOf);
  return mean([...byPatient.values()].map((ids) => mean(of(column, ids))));
}

Deno.test("the stored scores of the hippocampus model agree with its counts and its cases", () => {
  for (const { name, scores } of runs) {
    const columns = ["TP", "FP", "FN", "Dice", "IoU", "Precision", "Recall"].map(scores);
    assert.deepEqual(
      [...columns[0]!.keys()],
      [...split.test, "mean", "sd", "median", "ci95_low", "ci95_high"],
      name,
    );
    for (const id of split.test) {
      const [TP, FP, FN, Dice, IoU, Precision, Recall] = columns.map((column) => column.get(id)!);
      assert.deepEqual(
        [Dice, IoU, Precision, Recall],
        [
          2 * TP! / (2 * TP! + FP! + FN!),
          TP! / (TP! + FP! + FN!),
          TP! / (TP! + FP!),
          TP! / (TP! + FN!),
        ],
        id,
      );
    }
    for (const column of ["Dice", "HD95", "ASSD"].map(scores)) {
      const values = of(column, split.test);
      const sorted = values.toSorted((a, b) => a - b);
      const expected = [mean(values), deviation(values), sorted[(values.length - 1) / 2]!];
      for (const [i, row] of ["mean", "sd", "median"].entries()) {
        assert.ok(Math.abs(column.get(row)! - expected[i]!) < 1e-12, `${name} ${row}`);
      }
      // The bootstrap's interval is near that of the normal distribution.
      const half = 1.96 * deviation(values) / Math.sqrt(values.length);
      for (const [row, end] of [["ci95_low", -half], ["ci95_high", half]] as const) {
        assert.ok(Math.abs(column.get(row)! - mean(values) - end) < 0.2 * half, `${name} ${row}`);
      }
    }
  }
});

Deno.test("the hippocampus model card says what is in the summaries", () => {
  for (const { name, scores } of runs) {
    const [dice, hd95, assd] = ["Dice", "HD95", "ASSD"].map(scores);
    const show = (column: Column, row: string, digits: number) => column.get(row)!.toFixed(digits);
    const row = [
      `**${show(dice!, "mean", 3)} ± ${show(dice!, "sd", 3)}**`,
      show(dice!, "median", 3),
      `${show(dice!, "ci95_low", 3)} to ${show(dice!, "ci95_high", 3)}`,
      ...[hd95!, assd!].map((column) => `${show(column, "mean", 2)} ± ${show(column, "sd", 2)}`),
    ].join(" | ");
    says(card, `\\| ${name}[^|]* \\| ${escape(row)} \\|`);
    const short = `7,390 | ${show(dice!, "mean", 3)} ± ${show(dice!, "sd", 3)} | ${
      show(hd95!, "mean", 2)
    }`;
    says(readme, `\\| ${name}[^|]* \\| ${escape(short)} \\|`);
  }
  const [one, ten] = runs.map(({ scores }) => scores("Dice"));
  assert.ok(meanByPatient(one!) > 0.89);
  const [patientOne, patientTen] = [one!, ten!].map((dice) => meanByPatient(dice).toFixed(3));
  says(card, `By patient, [^.]*: ${patientOne} and ${patientTen}\\.`);
  says(readme, `by patient[^.]* ${patientOne} `);

  const best = [one!, ten!].map((dice) => Math.max(...of(dice, split.test)).toFixed(3));
  const ranked = split.test.toSorted((a, b) => one!.get(a)! - one!.get(b)!);
  says(
    card,
    `worst case has ${one!.get(ranked[0]!)!.toFixed(3)}, the best ${best[0]} ` +
      `\\(${best[1]} with ten runs\\)`,
  );
  const worst = ranked.slice(0, 2).map((id) => id.slice(-3)).toSorted();
  says(card, `the two worst, ${worst.join(" and ")} \\(one patient\\)`);
  assert.equal(patients(ranked.slice(0, 2)), 1);
});

Deno.test("the hippocampus model card counts the cases and patients of its split", () => {
  for (const part of ["train", "validation", "test"] as const) {
    const row = `| \`${part}\` | ${split[part].length} | ${patients(split[part])} |`;
    assert.ok(card.includes(row), row);
  }
  const cases = `${split.test.length} cases\\D+${patients(split.test)} patients`;
  for (const text of [card, readme]) says(text, cases);
  const all = [...split.train, ...split.validation, ...split.test];
  assert.equal(
    patients(all),
    patients(split.train) + patients(split.validation) + patients(split.test),
    "a patient is in two parts",
  );
  const [, unused] = /\| not used \| (\d+) \| \1 \|/.exec(card)!;
  const [, of260] = /made from (\d+) of the archive's 260/.exec(card)!;
  assert.equal(all.length + Number(unused), Number(of260));
});

/** A short message where a long text lacks something. */
function says(text: string, pattern: string): void {
  const found = new RegExp(pattern).test(text);
  assert.ok(found, `${pattern} is not in ${text === card ? "the model card" : "README.md"}`);
}

function escape(text: string): string {
  return text.replaceAll(/[.*|()]/g, "\\$&");
}

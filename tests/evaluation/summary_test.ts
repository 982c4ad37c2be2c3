import assert from "node:assert/strict";
import { join } from "@std/path";
import { caseMetrics } from "../../lib/evaluation/case_metrics.ts";
import { formatScores } from "../../lib/evaluation/format_scores.ts";
import { formatFolds, mergeSummaries } from "../../lib/evaluation/merge_summaries.ts";
import { codesOf } from "../../lib/evaluation/overlap.ts";
import { scoreLabels } from "../../lib/evaluation/score_labels.ts";
import { caseDice, type ScoredCase, summarize } from "../../lib/evaluation/summary.ts";
import { readSummary, writeSummary } from "../../lib/evaluation/summary_files.ts";
import { inFolder, NO_OTHER_DICE } from "./support.ts";

const ONE = { names: { "1": "foreground" }, problems: [], seed: 0 };
const TWO = { names: { "1": "anterior", "(1, 2)": 'whole, "all"' }, problems: [], seed: 0 };

/** A case in a row of voxels of 2 mm³; two classes where there are two names. */
function scored(
  name: string,
  prediction: readonly number[],
  reference: readonly number[],
  keys = ["1"],
): ScoredCase {
  const grid = { shape: [prediction.length, 1, 1], spacing: [2, 1, 1] };
  return {
    case: name,
    reference_file: `${name}.nii.gz`,
    prediction_file: null,
    metrics: Object.fromEntries(keys.map((key, i) => [
      key,
      {
        ...NO_OTHER_DICE,
        ...caseMetrics(
          Uint8Array.from(prediction),
          Uint8Array.from(reference),
          grid,
          codesOf({ kind: "classes" }, i),
        ),
      },
    ])),
  };
}

Deno.test("a summary leaves undefined scores out of the means, and is read back as written", () =>
  inFolder(async (folder) => {
    const summary = summarize([
      scored("a", [1, 0], [1, 0]),
      scored("b", [1, 1], [1, 0]),
      scored('c, "empty"', [0, 0], [0, 0]),
    ], ONE);
    assert.equal(summary.foreground_mean.Dice, (1 + 2 / 3) / 2);
    assert.equal(summary.foreground_mean.TP, 2 / 3);
    assert.deepEqual(summary.undefined_dice, ['c, "empty"']);
    await writeSummary(folder, summary);
    assert.deepEqual(await readSummary(folder), summary);
    const json = JSON.parse(await Deno.readTextFile(join(folder, "summary.json")));
    assert.equal(json.metric_per_case[2].metrics["1"].Dice, null);
    // One class: the file of before there were several
    assert.deepEqual(Object.keys(json), [
      "foreground_mean",
      "mean",
      "metric_per_case",
      "statistics",
      "confidence_interval",
      "undefined_dice",
      "problems",
    ]);
    assert.deepEqual(Object.keys(json.metric_per_case[0].metrics), ["1"]);
    assert.deepEqual(Object.keys(json.mean["1"]), [
      ...["Dice", "IoU", "Precision", "Recall", "HD95", "ASSD"],
      ...["VolumeDifference", "RelativeVolumeDifference", "SoftDice", "SliceDice"],
      ...["TP", "FP", "FN", "TN", "n_pred", "n_ref"],
    ]);
    const { n, mean, sd, median } = json.statistics["1"].Dice;
    assert.deepEqual([n, mean, median], [2, (1 + 2 / 3) / 2, (1 + 2 / 3) / 2]);
    assert.ok(Math.abs(sd - Math.SQRT1_2 / 3) < 1e-12, sd);
    const csv = (await Deno.readTextFile(join(folder, "summary.csv"))).trim().split("\n");
    assert.deepEqual(csv.map((line) => line.split(",")[0]), [
      ...["case", "a", "b", '"c', "mean", "sd", "median", "ci95_low", "ci95_high"],
    ]);
    assert.equal(
      csv[0],
      "case,Dice,IoU,Precision,Recall,HD95,ASSD,VolumeDifference,RelativeVolumeDifference," +
        "SoftDice,SliceDice,TP,FP,FN,TN,n_pred,n_ref",
    );
    assert.equal(
      csv[2],
      "b,0.6666666666666666,0.5,0.5,1,1.9,0.6666666666666666,0.002,1,,,1,1,0,0,2,1",
    );
    assert.match(csv[3]!, /^"c, ""empty""",,,,,,,0,,,,0,0,0,2,0,0$/);
    assert.match(csv[5]!, /^sd,0\.23570226039551\d*,/);

    assert.equal(await readSummary(join(folder, "elsewhere")), undefined);
    // Versions without them wrote no soft Dice and no Dice of slices
    const path = join(folder, "summary.json");
    const without = JSON.stringify(json, (key, value) => key in NO_OTHER_DICE ? undefined : value);
    assert.doesNotMatch(without, /SoftDice/);
    await Deno.writeTextFile(path, without);
    assert.deepEqual(await readSummary(folder), summary);
    await writeSummary(folder, summary);
    const wrong: [part: RegExp, by: string][] = [
      [/^.*$/s, "{}"],
      [/"ci95"/, '"ci"'],
      [/"metrics": \{\n *"1"/, '"metrics": {"2"'], // a class that one case has not
      [/"n_ref": \d+/, '"n_ref": "1"'],
      [/"undefined_dice": \[[^\]]*\]/, '"undefined_dice": 1'],
    ];
    const good = await Deno.readTextFile(join(folder, "summary.json"));
    for (const [part, by] of wrong) {
      const text = good.replace(part, by);
      assert.notEqual(text, good, String(part));
      await Deno.writeTextFile(join(folder, "summary.json"), text);
      await assert.rejects(readSummary(folder), { name: "InputError", code: "bad-run" }, by);
    }
  }));

Deno.test("summarize gives each class its scores, in nnU-Net's shape", () =>
  inFolder(async (folder) => {
    const keys = Object.keys(TWO.names);
    const cases = [
      scored("a", [1, 1, 2, 0], [1, 0, 2, 2], keys), // Dice 2/3 and 2/3
      scored("b", [1, 0, 0, 0], [1, 0, 0, 0], keys), // Dice 1 and undefined
    ];
    const summary = summarize(cases, TWO);
    assert.deepEqual(Object.keys(summary.metric_per_case[0]!.metrics), keys);
    assert.equal(summary.mean["1"]!.Dice, (2 / 3 + 1) / 2);
    assert.equal(summary.mean["(1, 2)"]!.Dice, 2 / 3);
    // nnU-Net's: the mean of the labels' means
    assert.equal(summary.foreground_mean.Dice, ((2 / 3 + 1) / 2 + 2 / 3) / 2);
    assert.deepEqual(cases.map(caseDice), [2 / 3, 1]);
    assert.equal(summary.foreground_statistics!.Dice.mean, (2 / 3 + 1) / 2);
    // Of the first case's classes 1/2 and 1, of the second's 1 and undefined
    assert.equal(summary.foreground_statistics!.Precision.mean, (3 / 4 + 1) / 2);
    assert.deepEqual(summary.undefined_dice, ['b (whole, "all")']);
    assert.equal(summary.statistics["(1, 2)"]!.Dice.n, 1);
    await writeSummary(folder, summary);
    assert.deepEqual(await readSummary(folder), summary);

    const csv = (await Deno.readTextFile(join(folder, "summary.csv"))).trim().split("\n");
    assert.match(
      csv[0]!,
      /^case,Dice,.*,n_ref,Dice \(anterior\),.*,n_ref \(anterior\),"Dice \(whole, ""all""\)",/,
    );
    assert.match(csv[1]!, /^a,0\.6666666666666666,0\.5,.*,0\.6666666666666666,0\.5,/);
    const { foreground_mean, mean } = summary;
    const start = `mean,${foreground_mean.Dice},${foreground_mean.IoU},`;
    assert.ok(csv[3]!.startsWith(start), csv[3]);
    assert.ok(csv[3]!.includes(`,${mean["1"]!.Dice},${mean["1"]!.IoU},`));
    const lines = formatScores(summary);
    assert.equal(lines[0], "anterior (1):");
    assert.match(lines[2]!, /^volume Dice +0\.8333 +0\.2357 +0\.8333 +–$/);
    const whole = lines.indexOf('whole, "all" ((1, 2)):');
    assert.match(lines[whole + 2]!, /^volume Dice +0\.6667 +– +0\.6667 +– +1 of 2 cases$/);
    const all = lines.indexOf("mean over the classes:");
    assert.match(lines[all + 2]!, /^volume Dice +0\.8333 /);
  }));

Deno.test("scoreLabels keys labels as nnU-Net does, one class always as 1", () => {
  const keys = (classes: { name: string; values: readonly number[] | "above 0" }[]) =>
    scoreLabels({ kind: "classes", classes, ignore: [] }).map(({ key }) => key);
  assert.deepEqual(keys([{ name: "foreground", values: "above 0" }]), ["1"]);
  assert.deepEqual(keys([{ name: "b", values: [7] }]), ["1"]);
  assert.deepEqual(keys([{ name: "a", values: [7] }, { name: "b", values: [2, 3] }]), [
    "7",
    "(2, 3)",
  ]);
});

Deno.test("summarize draws its intervals with its seed", () => {
  const cases = Array.from({ length: 8 }, (_, i) => scored(`c${i}`, [1, i % 2, 1], [1, 1, i % 3]));
  const interval = (seed: number) => summarize(cases, { ...ONE, seed }).statistics["1"]!.Dice.ci95;
  assert.deepEqual(interval(5), interval(5));
  assert.notDeepEqual(interval(5), interval(6));
  assert.equal(summarize(cases, { ...ONE, seed: 5 }).confidence_interval.seed, 5);
});

Deno.test("formatScores lays the statistics out, and says where scores are undefined", () => {
  const cases = [
    scored("a", [1, 1, 0, 0], [1, 1, 0, 0]),
    scored("b", [1, 1, 1, 0], [1, 0, 0, 0]),
    scored("missed", [0, 0, 0, 0], [1, 0, 0, 0]),
    scored("void", [0, 0, 0, 0], [0, 0, 0, 0]),
  ];
  const lines = formatScores(summarize(cases, ONE));
  assert.match(lines[0]!, /^ +mean +sd +median +95 % interval$/);
  assert.match(lines[1]!, /^volume Dice +0\.5000 +0\.5000 +0\.5000 +– +3 of 4 cases$/);
  assert.match(
    lines.join("\n"),
    /\nHD95, mm +\d\.\d\d .* 2 of 4 cases\nASSD, mm +\d\.\d\d .* 2 of/,
  );
  assert.match(lines.join("\n"), /\nvolume difference, % +33\.3 /);
  assert.match(
    lines.join("\n"),
    /\nAn interval needs 5 cases\nDice is undefined .*: void\nDistances are undefined.*: missed$/,
  );
  const more = Array.from({ length: 5 }, (_, i) => scored(`c${i}`, [1, 0], [1, i % 2]));
  const interval = formatScores(summarize(more, ONE));
  assert.match(interval[1]!, /^volume Dice +0\.8667 +0\.1826 +1\.0000 +0\.\d{4} to \d\.\d{4}$/);
  assert.doesNotMatch(interval.join("\n"), /An interval needs|of 5 cases/);

  const picture = scored("p", [1, 0], [1, 1]);
  picture.metrics["1"] = { ...picture.metrics["1"]!, HD95: NaN, ASSD: NaN, VolumeDifference: NaN };
  const pictures = formatScores(summarize([picture], ONE)).join("\n");
  assert.doesNotMatch(pictures, /HD95|mL|of 1 cases|undefined/);
  assert.match(pictures, /\nvolume Dice +0\.6667 +– +0\.6667 +–\n/);
  picture.metrics["1"].HD95 = 1.5; // without a volume there are no millimetres
  assert.match(formatScores(summarize([picture], ONE)).join("\n"), /\nHD95, pixels +1\.50 /);
});

Deno.test("mergeSummaries pools the cases of all folds, as by hand", () => {
  const fold = (fold: number, cases: ScoredCase[]) => ({
    fold,
    summary: summarize(cases, { ...ONE, problems: [`x: in fold ${fold}`], seed: 4 }),
  });
  const folds = [
    fold(1, [scored("a", [1, 0], [1, 0]), scored("b", [1, 1], [1, 0])]), // 1, 2/3
    fold(2, [scored("c", [0, 1], [1, 1])]), // 2/3
  ];
  const merged = mergeSummaries(folds);
  assert.deepEqual(merged.folds, [{ fold: 1, cases: ["a", "b"] }, { fold: 2, cases: ["c"] }]);
  assert.deepEqual(merged.problems, ["x: in fold 1", "x: in fold 2"]);
  assert.equal(merged.confidence_interval.seed, 4);
  const { n, mean, sd } = merged.statistics["1"]!.Dice;
  assert.equal(n, 3);
  assert.ok(Math.abs(mean - (1 + 4 / 3) / 3) < 1e-12, "the mean of cases, not of folds");
  assert.ok(Math.abs(sd - Math.sqrt(((2 / 9) ** 2 + 2 * (1 / 9) ** 2) / 2)) < 1e-12);
  assert.deepEqual(formatFolds(merged, "Dice"), [
    "        cases  Dice, mean      sd  95 % interval",
    "fold 1      2      0.8333  0.2357              –",
    "fold 2      1      0.6667       –              –",
    "all         3      0.7778  0.1925              –",
  ]);
  assert.throws(() => mergeSummaries([folds[0]!, fold(2, [scored("b", [1], [1])])]), {
    name: "InputError",
    message: /more than one fold has b/,
  });
  const other = { fold: 3, summary: summarize([scored("x", [1], [1], ["1", "(1, 2)"])], TWO) };
  assert.throws(() => mergeSummaries([...folds, other]), /fold 3 has other classes than fold 1/);
});

Deno.test("writeSummary ends with mean, sd, median and both ends of the interval", () =>
  inFolder(async (folder) => {
    const cases = [1, 0, 1, 0, 0].map((right, i) => scored(`c${i}`, [1, 0], [right, 1 - right]));
    const summary = summarize(cases, ONE);
    await writeSummary(folder, summary);
    const csv = (await Deno.readTextFile(join(folder, "summary.csv"))).trim().split("\n");
    const { mean, sd, median, ci95: [low, high] } = summary.statistics["1"]!.Dice;
    assert.deepEqual([mean, median, low < mean, mean < high], [0.4, 0, true, true]);
    assert.deepEqual(csv.slice(6).map((row) => row.split(",").slice(0, 2)), [
      ["mean", `${mean}`],
      ["sd", `${sd}`],
      ["median", `${median}`],
      ["ci95_low", `${low}`],
      ["ci95_high", `${high}`],
    ]);
  }));

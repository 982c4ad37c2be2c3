import assert from "node:assert/strict";
import { join } from "@std/path";
import { initBackend } from "../../../lib/backend.ts";
import { formatCalibration } from "../../../lib/evaluation/calibration/calibration_file.ts";
import {
  calibrationCsv,
  doubtsCsv,
  formatRankings,
  formatReliability,
  rankingCsv,
  rankings,
} from "../../../lib/evaluation/doubt/doubt_csv.ts";
import { DoubtStudy } from "../../../lib/evaluation/doubt/doubt_study.ts";
import { DOUBTS } from "../../../lib/evaluation/doubt/doubts.ts";
import { evaluateCases } from "../../../lib/evaluation/evaluate_cases.ts";
import type { CaseSource } from "../../../lib/slices/discovery/case_source.ts";
import { parseTargets } from "../../../lib/slices/targets.ts";
import { parseCsv } from "../../../lib/support/csv.ts";
import { createVolume, writeVolume } from "../../../lib/volume/mod.ts";
import { fixedModel, inFolder, inputsOf, volumeSource } from "../support.ts";

await initBackend({ backend: "ops" });

/** Volumes of 8 × 8 × 2 voxels: in each row (x = 0 … 7) these are of the object. */
async function writeCases(folder: string, labels: readonly string[]): Promise<CaseSource[]> {
  const sources = [];
  for (const [i, label] of labels.entries()) {
    const data = Float32Array.from({ length: 128 }, (_, j) => j ** (i + 1));
    const like = createVolume({ data, shape: [8, 8, 2], spacing: [1, 1, 1] });
    const mask = Uint8Array.from({ length: 128 }, (_, j) => Number(label[j % 8]));
    await writeVolume(join(folder, `${i}.nii`), { data, like });
    await writeVolume(join(folder, `${i}_label.nii`), { data: mask, like });
    sources.push(volumeSource(folder, `${i}.nii`, `${i}_label.nii`));
  }
  return sources;
}

/** A study of a model that says 2 everywhere in the first four rows of x, and −2 in the others. */
async function study(
  folder: string,
  labels: readonly string[],
  temperatures: number[] | null = null,
) {
  const logits = Array.from({ length: 64 }, (_, i) => i < 32 ? 2 : -2);
  const targets = parseTargets("foreground=1", { labels: null, ignore: [9] }, []);
  const inputs = { ...inputsOf(), targets };
  const how = { batchSize: 2, seed: 3, samples: 2 };
  const fit = { temperatures: temperatures ?? [], before: 1, after: 1 };
  const made = new DoubtStudy({
    ...{ ...how, targets: inputs.targets, patientOf: (id) => `patient of ${id}` },
    calibration: temperatures && { one: fit, several: fit },
  });
  await evaluateCases({
    ...{ ...how, models: [{ model: fixedModel(logits, 1), inputs }], postprocess: ["none"] },
    ...{ sources: await writeCases(folder, labels), out: null, predictions: null, variances: null },
    onPredicted: (predicted) => made.add(predicted),
  });
  return { made, targets: inputs.targets };
}

const LABELS = ["11110000", "11100000", "11000001"];

Deno.test("a DoubtStudy fits the temperature that makes what is said come true", () =>
  inFolder(async (folder) => {
    const { made } = await study(folder, LABELS);
    // Of what is said to be the object 9 of 12 are, of the other 1 of 12: the odds of being right
    // are 20 to 4, and the model says e²
    const right = 20 / 24;
    const { one, several, ...rest } = made.fit();
    assert.deepEqual(rest, { classes: ["foreground"], cases: 3, samples: 2 });
    for (const { temperatures, before, after } of [one, several]) {
      assert.ok(Math.abs(temperatures[0]! - 2 / Math.log(right / (1 - right))) < 1e-3);
      const loss = (p: number) => -right * Math.log(p) - (1 - right) * Math.log(1 - p);
      assert.ok(Math.abs(before - loss(1 / (1 + Math.exp(-2)))) < 1e-6);
      assert.ok(Math.abs(after - loss(right)) < 1e-6);
    }
    assert.match(
      formatCalibration(made.fit()).join("\n"),
      /^one run: temperature 1\.24 \(negative log-likelihood 0\.4\d+ → 0\.4\d+\)\n2 runs: temp/,
    );
  }));

Deno.test("a DoubtStudy fits temperatures without the voxels that are to be ignored", () =>
  inFolder(async (folder) => {
    const { made } = await study(folder, ["11119990", "11100000", "11000001"]);
    const right = (9 + 8) / 21; // three of what is rightly said not to be the object are ignored
    const { temperatures: [temperature] } = made.fit().one;
    assert.ok(Math.abs(temperature! - 2 / Math.log(right / (1 - right))) < 1e-3);
  }));

Deno.test("a DoubtStudy measures reliability with the run's temperatures and without", () =>
  inFolder(async (folder) => {
    const { made, targets } = await study(folder, LABELS, [0.5]);
    const rows = made.reliability();
    assert.deepEqual(rows.map(({ runs, where }) => `${runs} ${where}`), [
      ...["one all", "one edge", "several all", "several edge"],
    ]);
    const said = (logit: number) => 1 / (1 + Math.exp(-logit));
    const ece = (p: number, seen: readonly number[]) =>
      (Math.abs(p - seen[0]!) + Math.abs(1 - p - seen[1]!)) / 2;
    for (const { where, before, after } of rows) {
      // Near the edge are x = 2 … 5: of 2 and 3 three in six are of the object, of 4 and 5 none
      const [n, seen] = where === "all" ? [384, [9 / 12, 1 / 12]] : [192, [3 / 6, 0]];
      assert.equal(before.n, n);
      assert.ok(Math.abs(before.ece - ece(said(2), seen as number[])) < 1e-6, where);
      assert.ok(Math.abs(after!.ece - ece(said(4), seen as number[])) < 1e-6, where);
    }
    const table = parseCsv(calibrationCsv(made, targets, 2));
    assert.deepEqual(table.map((row) => row.slice(0, 4)), [
      ["class", "runs", "voxels", "n"],
      ["foreground", "1", "all", "384"],
      ["foreground", "1", "near the edge", "192"],
      ["foreground", "2", "all", "384"],
      ["foreground", "2", "near the edge", "192"],
    ]);
    assert.deepEqual(table[1]!.slice(4).map(Number), [
      ...[rows[0]!.before.ece, rows[0]!.after!.ece, rows[0]!.before.brier, rows[0]!.after!.brier],
    ]);
    assert.equal(formatReliability(made, targets, 2).length, 5);
    const { made: plain } = await study(folder, LABELS);
    assert.ok(plain.reliability().every(({ after }) => after === undefined));
    assert.deepEqual(parseCsv(calibrationCsv(plain, targets, 2)).slice(1).map((row) => row[3]), [
      ...["384", "192", "384", "192"],
    ]);
    assert.equal(parseCsv(calibrationCsv(plain, targets, 2))[1]![5], "");
  }));

Deno.test("a DoubtStudy counts each class by its own codes, and names it", () =>
  inFolder(async (folder) => {
    // Class a is where it is said to be; class b is neither said nor there
    const logits = Array.from({ length: 64 }, (_, i) => i < 32 ? [9, -9] : [-9, -9]).flat();
    const targets = parseTargets("a=1;b=2", { labels: null, ignore: [] }, []);
    const how = { batchSize: 2, seed: 3, samples: 2 };
    const made = new DoubtStudy({ ...how, targets, patientOf: (id) => id, calibration: null });
    const inputs = { ...inputsOf(), targets };
    await evaluateCases({
      ...{ ...how, models: [{ model: fixedModel(logits, 2), inputs }], out: null },
      ...{ postprocess: ["none", "none"], predictions: null, variances: null },
      sources: await writeCases(folder, ["11110000", "11110000"]),
      onPredicted: (predicted) => made.add(predicted),
    });
    const all = made.reliability().filter(({ where }) => where === "all");
    assert.deepEqual(all.map(({ index }) => index), [0, 1, 0, 1]);
    for (const { before } of all) assert.ok(before.ece < 1e-3, String(before.ece));
    const rows = formatReliability(made, targets, 2).slice(1).map((line) => line.trim()[0]);
    assert.deepEqual(rows, [..."aabbaabb"]);
    const table = parseCsv(calibrationCsv(made, targets, 2)).slice(1);
    assert.deepEqual(table.map(([name]) => name), [..."aabbaabb"]);
  }));

Deno.test("a DoubtStudy fits on voxels where one class is impossible, too", () =>
  inFolder(async (folder) => {
    const targets = parseTargets("a=1;b=2", { labels: null, ignore: [] }, []);
    const sources = await writeCases(folder, LABELS);
    // Class b is out of the question where class a is likely: almost, or a float's exact 0
    const fit = async (impossible: number) => {
      const logits = Array.from({ length: 64 }, (_, i) => i < 32 ? [2, impossible] : [-2, -3]);
      const how = { batchSize: 2, seed: 3, samples: 1 };
      const made = new DoubtStudy({ ...how, targets, patientOf: (id) => id, calibration: null });
      await evaluateCases({
        ...{ ...how, sources, out: null, predictions: null, variances: null },
        models: [{ model: fixedModel(logits.flat(), 2), inputs: { ...inputsOf(), targets } }],
        postprocess: ["none", "none"],
        onPredicted: (predicted) => made.add(predicted),
      });
      return made.fit().one.before;
    };
    const [almost, exactly] = [await fit(-14), await fit(-2000)];
    assert.ok(Math.abs(almost - exactly) < 1e-3, `${almost}, ${exactly}`);
  }));

Deno.test("a DoubtStudy has every measure of every case, with its patient and its score", () =>
  inFolder(async (folder) => {
    const { made, targets } = await study(folder, LABELS);
    const dice = [1, 6 / 7, 4 / 7];
    assert.deepEqual(made.masks("entropy", "all").map((mask) => mask.dice), dice);
    assert.deepEqual(made.masks("entropy", 0), made.masks("entropy", "all"));
    assert.equal(made.masks("nqm", 0)[1]!.patient, "patient of 1");
    const [head, ...rows] = parseCsv(doubtsCsv(made, targets));
    assert.deepEqual(head, ["case", "patient", "class", "Dice", ...DOUBTS]);
    assert.deepEqual(rows.map(([id, patient, name, score]) => [id, patient, name, Number(score)]), [
      ["0", "patient of 0", "foreground", 1],
      ["1", "patient of 1", "foreground", 6 / 7],
      ["2", "patient of 2", "foreground", 4 / 7],
    ]);
    // The model is the same everywhere: equal doubts, so every order is as good
    const ranked = rankings(made, targets, 0);
    assert.deepEqual(ranked.map(({ measure }) => measure), [...DOUBTS]);
    for (const { n, bad, aurc, aurcRandom } of ranked) {
      assert.deepEqual([n, bad], [3, 1]);
      assert.ok(Math.abs(aurc - aurcRandom) < 1e-12);
    }
    const table = parseCsv(rankingCsv(ranked));
    assert.equal(table.length, 1 + DOUBTS.length);
    assert.equal(Number(table[1]![table[0]!.indexOf("AURC_best")]), ranked[0]!.aurcBest);
    const lines = formatRankings(ranked);
    assert.equal(lines.length, DOUBTS.length + 2);
    assert.match(lines.at(-1)!, /0\.\d{4} is perfect and 0\.1905 random; 1 of 3 masks/);
    assert.equal(made.chooseDoubt().one, "entropy_one_run");
  }));

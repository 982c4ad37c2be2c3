/**
 * A training on one page, to send to a colleague.
 *
 * @module
 */

import { basename, join } from "@std/path";
import { formatScores } from "../evaluation/format_scores.ts";
import { caseDice, type EvaluationSummary, foregroundMean } from "../evaluation/summary.ts";
import { readSummary } from "../evaluation/summary_files.ts";
import { WEIGHT_FILES } from "../nca/weights.ts";
import { escapeXml } from "../plots/svg.ts";
import { readMetrics, type TrainingRow } from "../plots/training_curves.ts";
import { InputError } from "../support/errors.ts";
import { exists } from "../support/files.ts";
import { hashFile } from "../support/hash.ts";
import { counted } from "../support/names_of.ts";
import { PROGRAM } from "../support/program.ts";
import { readRegularFile } from "../support/read_file.ts";
import { type Config, DEFAULTS } from "../training/config.ts";
import { readFolds } from "../training/folds.ts";
import { readRun, runPaths } from "../training/run_folder.ts";
import { readVersions } from "../training/run_versions.ts";
import { htmlHeading, htmlPage, htmlParagraph, htmlPicture, htmlTable } from "./html_page.ts";

const FIGURE = { what: "figure", code: "bad-run", most: 2 ** 28 } as const;

/** The pictures of a run in a report, if they exist. */
const PICTURES: readonly [file: string, type: string, caption: string][] = [
  ["training_curves.svg", "image/svg+xml", "Losses and scores over the epochs"],
  ["evaluation.svg", "image/svg+xml", "Scores of the held-out cases; slices of the worst and best"],
  ["quality.svg", "image/svg+xml", "Whether the model knows when it is wrong"],
  ["robustness.svg", "image/svg+xml", "Scores where things go wrong"],
  ["predictions.png", "image/png", "Held-out cases from best to worst"],
  ["settling.gif", "image/gif", "The mask of one slice as the automaton settles"],
];

/**
 * The page of a training, or of a cross-validation: scores, worst cases, curves, split, settings,
 * versions. It is made from the run's files; missing ones are listed.
 *
 * @param folder The run.
 * @returns The page, and what is missing.
 * @throws {InputError} If the folder is not a run.
 */
export async function runReport(folder: string): Promise<{ html: string; missing: string[] }> {
  const folds = await readFolds(folder);
  const run = folds === null ? await readRun(folder) : null;
  const config = folds?.config ?? run!.config;
  const summary = await readSummary(folder);
  const epochs = run === null ? [] : await optional(readMetrics(runPaths(folder).metrics)) ?? [];
  const pictures = await drawn(folder);
  const missing = [
    ...summary === undefined ? ["scores: deno task evaluate makes them"] : [],
    ...pictures.length === 0 ? ["pictures: deno task plot draws them"] : [],
  ];
  const html = htmlPage(`Training ${basename(folder)}`, [
    htmlParagraph(
      `${PROGRAM.name} is a program that trains small neural cellular automata to mark structures ` +
        `in medical images. This training ran on the data set ${basename(config.data)}` +
        (folds === null
          ? `, for ${epochs.length} of ${counted(config.epochs, "epoch")}.`
          : `, as a cross-validation of ${counted(config.folds, "fold")}.`),
    ),
    htmlHeading("Scores of patients that were held out"),
    ...best(epochs),
    ...summary === undefined ? [htmlParagraph("It was not scored yet.")] : scores(summary),
    htmlHeading("Pictures"),
    ...pictures,
    ...run === null ? [] : [
      htmlHeading("Split by patient"),
      htmlTable([
        ["Part", "Number", "Cases"],
        ...(["train", "validation", "test"] as const).map((part) => [
          { train: "trained on", validation: "chose the best epoch", test: "held out" }[part],
          run.split[part].length,
          run.split[part].join(", "),
        ]),
      ]),
    ],
    htmlHeading("Settings"),
    htmlTable([["Setting", "Value", "Default"], ...settingRows(config)]),
    htmlHeading("Versions"),
    htmlTable([
      ["What", "Version"],
      [`${PROGRAM.name}, which wrote this page`, PROGRAM.version],
      ...await trainedWith(folder, folds === null ? null : folds.config.folds),
      ...await weightSums(folder),
    ]),
    ...missing.map((what) => htmlParagraph(`Missing: ${what}.`)),
  ]);
  return { html, missing };
}

/** The table of all scores, and each case, the worst first. */
function scores(summary: EvaluationSummary): string[] {
  const text = (value: number, digits: number) =>
    Number.isFinite(value) ? value.toFixed(digits) : "–";
  const cases = [...summary.metric_per_case].sort((a, b) =>
    (caseDice(a) || 0) - (caseDice(b) || 0)
  );
  const rows = cases.map(({ case: id, metrics }) => {
    const { Dice, HD95, VolumeDifference } = foregroundMean(metrics);
    return [id, text(Dice, 3), text(HD95, 1), text(VolumeDifference, 2)];
  });
  return [
    htmlParagraph(
      "Dice is the overlap of the mask with the label, from 0 to 1, where they are the same. " +
        "HD95 is " +
        "how far apart their surfaces are, but for the furthest 5 %.",
    ),
    `<pre>${formatScores(summary).map(escapeXml).join("\n")}</pre>`,
    htmlHeading("Every case, the worst first"),
    htmlTable([["Case", "Dice", "HD95", "Volume difference, ml"], ...rows]),
    ...summary.problems.length > 0
      ? [htmlParagraph(`Problems of cases: ${summary.problems.join("; ")}`)]
      : [],
  ];
}

function best(epochs: readonly TrainingRow[]): string[] {
  const scored = epochs.filter(({ valVolumeDice }) => valVolumeDice !== undefined);
  if (scored.length === 0) return [];
  const top = scored.reduce((a, b) => b.valVolumeDice! > a.valVolumeDice! ? b : a);
  return [htmlParagraph(
    `On the patients that chose the epoch, volume Dice was best in epoch ${top.epoch}: ` +
      `${top.valVolumeDice!.toFixed(3)}.`,
  )];
}

async function drawn(folder: string): Promise<string[]> {
  const shown: string[] = [];
  for (const [file, type, caption] of PICTURES) {
    const path = join(folder, "plots", file);
    if (await exists(path)) {
      shown.push(htmlPicture(await readRegularFile(path, FIGURE), type, caption));
    }
  }
  return shown;
}

/** Those that differ from their default come first. */
function settingRows(config: Config): string[][] {
  const keys = Object.keys(DEFAULTS) as (keyof Config)[];
  const rows = keys.filter((key) => key !== "out").map((key) =>
    [key, String(config[key]), String(DEFAULTS[key])] as const
  );
  const isOther = ([, value, fallback]: (typeof rows)[number]) => value !== fallback;
  return [
    ...rows.filter(isOther).map((row) => [...row]),
    ...rows.filter((row) => !isOther(row)).map(([key, value]) => [key, value, "the same"]),
  ];
}

/** One row for each set of versions that the run, or one of its folds, was trained with. */
async function trainedWith(folder: string, folds: number | null): Promise<string[][]> {
  const folders = folds === null
    ? [folder]
    : Array.from({ length: folds }, (_, fold) => join(folder, `fold_${fold}`));
  const versions = (await Promise.all(folders.map(readVersions))).flat();
  const texts = versions.map(({ program, deno, platform }) =>
    `${PROGRAM.name} ${program}, Deno ${deno}, ${platform}`
  );
  return [...new Set(texts)].map((text) => ["Trained with", text]);
}

async function weightSums(folder: string): Promise<string[][]> {
  const sums: string[][] = [];
  for (const name of WEIGHT_FILES) {
    const path = join(runPaths(folder).best, name);
    if (await exists(path)) sums.push([`SHA-256 of ${name}`, await hashFile(path, "sha256")]);
  }
  return sums;
}

async function optional<T>(value: Promise<T>): Promise<T | undefined> {
  try {
    return await value;
  } catch (error) {
    if (error instanceof InputError) return undefined;
    throw error;
  }
}

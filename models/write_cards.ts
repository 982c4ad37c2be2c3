/**
 * Writes the parts of the model cards and of docs/results.md that hold numbers, from the files of
 * the models: the YAML header that model hubs read, and every table between two marks.
 *
 *     deno run --allow-read --allow-write models/write_cards.ts
 *
 * @module
 */

import { join } from "@std/path";
import { DOUBT_TITLES, type DoubtName } from "../lib/evaluation/doubt/doubts.ts";
import { readDoubt } from "../lib/evaluation/doubt/doubt_file.ts";
import { readCalibration } from "../lib/evaluation/calibration/calibration_file.ts";
import { readSliceScores, scoresByPosition } from "../lib/evaluation/slice_scores.ts";
import { finiteMean } from "../lib/evaluation/statistics.ts";
import { parseCsv } from "../lib/support/csv.ts";
import { readModelSettings } from "../lib/training/run_folder.ts";

/** A table: a value of a row, by its column. */
type Row = (column: string) => string;

/** The rows of a model's CSV file. */
async function rowsOf(folder: string, name: string): Promise<Row[]> {
  const [head, ...rows] = parseCsv(await Deno.readTextFile(join(folder, name)));
  return rows.map((row) => (column) => {
    const at = head!.indexOf(column);
    if (at < 0) throw new RangeError(`${join(folder, name)} has no column ${column}`);
    return row[at]!;
  });
}

/** A summary's row of this name. */
async function summaryRow(folder: string, name: string, row: string): Promise<Row> {
  return (await rowsOf(folder, name)).find((of) => of("case") === row)!;
}

const fixed = (text: string, digits: number) =>
  text === "" ? "–" : Number(text).toFixed(digits).replace("-", "−");

const table = (head: readonly string[], rows: readonly (readonly string[])[]) =>
  [head, head.map(() => "---"), ...rows].map((cells) => `| ${cells.join(" | ")} |`).join("\n");

/** Scores as rows: the summary's file, the row's name, the suffix of the columns. */
async function scores(
  folder: string,
  rows: readonly (readonly [file: string, name: string, suffix: string, bold: boolean])[],
): Promise<string> {
  return table(
    ["", "Dice", "median", "95 % interval of the mean", "HD95, mm", "ASSD, mm"],
    await Promise.all(rows.map(async ([file, name, suffix, bold]) => {
      const at = async (row: string, column: string, digits: number) =>
        fixed((await summaryRow(folder, file, row))(column + suffix), digits);
      const spread = async (column: string, digits: number) =>
        `${await at("mean", column, digits)} ± ${await at("sd", column, digits)}`;
      const dice = await spread("Dice", 3);
      return [
        name,
        bold ? `**${dice}**` : dice,
        await at("median", "Dice", 3),
        `${await at("ci95_low", "Dice", 3)} to ${await at("ci95_high", "Dice", 3)}`,
        await spread("HD95", 2),
        await spread("ASSD", 2),
      ];
    })),
  );
}

/** How the same predictions score as others count. */
async function otherDice(folder: string, files: readonly (readonly [string, string])[]) {
  return table(
    ["", "volume Dice", "soft Dice", "mean Dice of slices"],
    await Promise.all(files.map(async ([file, name]) => {
      const [mean, sd] = await Promise.all(
        ["mean", "sd"].map((row) => summaryRow(folder, file, row)),
      ) as [Row, Row];
      const cell = (column: string) => `${fixed(mean(column), 3)} ± ${fixed(sd(column), 3)}`;
      return [name, ...["Dice", "SoftDice", "SliceDice"].map(cell)];
    })),
  );
}

/** The mean Dice of slices by their place in the object, and of the first and the last. */
async function places(folder: string): Promise<string> {
  const scores = (await readSliceScores(join(folder, "slice_scores.csv")))!;
  const mean = (of: typeof scores) => finiteMean(of.map(({ Dice }) => Dice)).toFixed(2);
  const tenths = scoresByPosition(scores);
  const at = (position: number) => mean(scores.filter((score) => score.position === position));
  return table(
    ["first slice", ...tenths.map((_, i) => `${10 * i} to ${10 * i + 10} %`), "last slice"],
    [[at(0), ...tenths.map(({ Dice }) => Dice.toFixed(2)), at(1)]],
  );
}

/** How well each measure of doubt ranks the test cases, the best on validation patients in bold. */
async function doubts(folder: string): Promise<string> {
  const choice = (await readDoubt(folder))!;
  const rows = await rowsOf(folder, "doubt_ranking.csv");
  const first = rows[0]!;
  const measures = rows.map((of) => {
    const name = of("measure") as DoubtName;
    const title = DOUBT_TITLES[name];
    const gain = fixed(of("Dice_gain_90"), 4);
    return [
      name === choice.several ? `**${title}**` : title,
      choice.measures[name].aurc!.toFixed(4),
      fixed(of("AURC"), 4),
      gain.startsWith("−") ? gain : `+${gain}`,
      fixed(of("AUROC"), 2),
      fixed(of("AUPRC"), 2),
      `${fixed(of("Spearman"), 2)} (${fixed(of("ci95_low"), 2)} to ${fixed(of("ci95_high"), 2)})`,
    ];
  });
  const head = ["measure", "AURC, validation", "AURC, test", "Dice at 90 % coverage"];
  return table([...head, "AUROC", "AUPRC", "Spearman (95 % interval)"], measures) +
    `\n\nOf ${first("n")} test masks ${first("bad")} ${first("bad") === "1" ? "has" : "have"} a ` +
    `Dice below 0.8. A perfect order of them has an AURC of ${fixed(first("AURC_best"), 4)}, a ` +
    `random one of ${fixed(first("AURC_random"), 4)}.`;
}

/** Calibration of the test cases' probabilities with the temperatures of the validation patients. */
async function calibration(folder: string): Promise<string> {
  const { slices } = await readModelSettings(folder);
  const stored = (await readCalibration(folder, slices.targets))!;
  const rows = await rowsOf(folder, "calibration.csv");
  return table(
    ["runs", "voxels", "temperature", "ECE", "calibrated", "Brier score", "calibrated"],
    rows.map((of) => {
      const fit = of("runs") === "1" ? stored.one : stored.several;
      const index = stored.classes.indexOf(of("class"));
      return [
        of("runs"),
        of("voxels"),
        fit.temperatures[index]!.toFixed(2),
        ...["ECE_before", "ECE_after", "Brier_before", "Brier_after"].map((column) =>
          fixed(of(column), 4)
        ),
      ];
    }),
  );
}

/** What is the same for all models, and what a hub needs of one. */
interface Header {
  readonly name: string;
  readonly license: string;
  readonly dataset: string;
  readonly tags: readonly string[];
  /** The file of the scores and what they are of, with the suffix of their columns. */
  readonly metrics: readonly (readonly [file: string, name: string, suffix: string])[];
}

/** The header of a card in the form of Hugging Face's. */
async function header(folder: string, { name, license, dataset, tags, metrics }: Header) {
  const values = await Promise.all(metrics.map(async ([file, what, suffix]) => {
    const mean = await summaryRow(folder, file, "mean");
    return (["Dice", "HD95"] as const).map((metric) =>
      [
        `          - type: ${metric === "Dice" ? "dice" : "hausdorff_distance_95"}`,
        `            name: ${metric}, ${what}`,
        `            value: ${Number(mean(metric + suffix)).toFixed(4)}`,
      ].join("\n")
    );
  }));
  return `---
license: ${license}
library_name: med-nca
pipeline_tag: image-segmentation
tags:
${["neural-cellular-automata", "medical-imaging", ...tags].map((tag) => `  - ${tag}`).join("\n")}
model-index:
  - name: ${name}
    results:
      - task:
          type: image-segmentation
        dataset:
          name: ${dataset}
          type: ${dataset.toLowerCase().replaceAll(/[^a-z0-9]+/g, "-")}
          split: test
        metrics:
${values.flat().join("\n")}
---
`;
}

const DECATHLON = "Medical Segmentation Decathlon, Task04 Hippocampus";
const RUNS = [
  ["summary.csv", "one run"],
  ["summary_samples_10.csv", "mean of ten runs (`--samples 10`)"],
] as const;

/** Each document with its header, if it is a card, and its tables by their marks. */
const DOCUMENTS: Readonly<
  Record<string, { header?: Header; parts: Readonly<Record<string, () => Promise<string>>> }>
> = {
  "models/hippocampus/README.md": {
    header: {
      ...{ name: "med-nca-hippocampus", license: "cc-by-sa-4.0", dataset: DECATHLON },
      tags: ["mri", "hippocampus"],
      metrics: [["summary.csv", "one run", ""], [
        "summary_samples_10.csv",
        "mean of ten runs",
        "",
      ]],
    },
    parts: {
      "scores": () => scores("models/hippocampus", RUNS.map((each) => [...each, "", true])),
      "doubt": () => doubts("models/hippocampus"),
      "calibration": () => calibration("models/hippocampus"),
    },
  },
  "models/hippocampus_parts/README.md": {
    header: {
      ...{ name: "med-nca-hippocampus-parts", license: "cc-by-sa-4.0", dataset: DECATHLON },
      tags: ["mri", "hippocampus"],
      metrics: [
        ["summary.csv", "anterior", " (Anterior)"],
        ["summary.csv", "posterior", " (Posterior)"],
      ],
    },
    parts: {
      scores: () =>
        scores("models/hippocampus_parts", [
          ["summary.csv", "anterior", " (Anterior)", true],
          ["summary.csv", "posterior", " (Posterior)", true],
          ["summary.csv", "mean of both", "", false],
        ]),
    },
  },
  "models/example/README.md": {
    header: {
      ...{ name: "med-nca-example", license: "cc0-1.0", dataset: "data.example" },
      tags: ["synthetic"],
      metrics: [["summary.csv", "one run", ""]],
    },
    parts: {},
  },
  "docs/results.md": {
    parts: {
      "doubt": () => doubts("models/hippocampus"),
      "calibration": () => calibration("models/hippocampus"),
      "places": () => places("models/hippocampus"),
      "other Dice": () => otherDice("models/hippocampus", RUNS),
      "folds": () =>
        scores("models/hippocampus", [["folds.csv", "five folds, one run each", "", false]]),
    },
  },
};

/**
 * The documents with numbers as they follow from the files.
 *
 * @returns By path: the text as it is, and as it should be.
 * @throws {RangeError} If a document lacks the marks of a part.
 */
export async function documents(): Promise<Map<string, { is: string; should: string }>> {
  const result = new Map<string, { is: string; should: string }>();
  for (const [path, { header: head, parts }] of Object.entries(DOCUMENTS)) {
    const is = await Deno.readTextFile(path);
    let should = is;
    for (const [name, make] of Object.entries(parts)) {
      const marks = new RegExp(`(<!-- ${name}: models/write_cards.ts -->\n)[^]*?(<!-- end -->)`);
      if (!marks.test(should)) throw new RangeError(`${path} has no place for ${name}`);
      const text = await make();
      should = should.replace(marks, (_, start, end) => `${start}\n${text}\n\n${end}`);
    }
    if (head !== undefined) {
      const own = await header(path.replace("/README.md", ""), head);
      should = own + should.replace(/^---\n[^]*?\n---\n/, "");
    }
    result.set(path, { is, should });
  }
  return result;
}

if (import.meta.main) {
  for (const [path, { is, should }] of await documents()) {
    if (is === should) continue;
    await Deno.writeTextFile(path, should);
    console.log(`Written: ${path}`);
  }
}

/**
 * Compares runs on the same cases.
 *
 * @module
 */

import { csvLine } from "../support/csv.ts";
import { InputError } from "../support/errors.ts";
import { bootstrapInterval, finiteMean } from "./statistics.ts";
import { type EvaluationSummary, labelNames, type ScoreName } from "./summary.ts";
import { wilcoxonSignedRank } from "./wilcoxon.ts";

/** The scores that are compared. */
const COMPARED = ["Dice", "HD95", "ASSD"] as const satisfies readonly ScoreName[];

/** A run and its scores. */
export interface NamedSummary {
  readonly name: string;
  readonly summary: EvaluationSummary;
}

/** The difference of a run from the first one, in one score of one class. */
export interface PairedDifference {
  /** The run, and the first run, which it is compared with. */
  readonly run: string;
  readonly reference: string;
  /** The class's key in the summaries. */
  readonly label: string;
  readonly score: ScoreName;
  /** The cases in which the score is defined in both: the reference's value and the run's. */
  readonly pairs: readonly { readonly case: string; readonly values: readonly [number, number] }[];
  /** The mean of the reference and of the run over these cases. */
  readonly means: readonly [number, number];
  /** The mean of the run's value minus the reference's. */
  readonly difference: number;
  /** Its 95 % bootstrap interval; NaN below five cases. */
  readonly ci95: readonly [number, number];
  /** Wilcoxon's signed-rank test, two-sided; NaN if no case differs. */
  readonly p: number;
}

/**
 * Compares runs with the first of them, case by case.
 *
 * @param runs Two or more, scored on the same cases and classes.
 * @param seed The seed of the bootstrap.
 * @returns One row for each other run, class and score.
 * @throws {InputError} If a run was scored on other cases or classes; the error lists them.
 */
export function compareRuns(runs: readonly NamedSummary[], seed: number): PairedDifference[] {
  const [reference, ...others] = runs as [NamedSummary, ...NamedSummary[]];
  for (const other of others) requireComparable(reference, other);
  const keys = Object.keys(labelNames(reference.summary));
  return others.flatMap((other) =>
    keys.flatMap((label) =>
      COMPARED.map((score) => compareScore([reference, other], label, score, seed))
    )
  );
}

function compareScore(
  [reference, other]: readonly [NamedSummary, NamedSummary],
  label: string,
  score: ScoreName,
  seed: number,
): PairedDifference {
  const values = new Map(
    other.summary.metric_per_case.map((each) => [each.case, each.metrics[label]![score]]),
  );
  const pairs = reference.summary.metric_per_case.map((each) => ({
    case: each.case,
    values: [each.metrics[label]![score], values.get(each.case)!] as const,
  })).filter(({ values }) => values.every(Number.isFinite));
  const differences = pairs.map(({ values: [first, second] }) => second - first);
  return {
    run: other.name,
    reference: reference.name,
    label,
    score,
    pairs,
    means: [0, 1].map((i) => finiteMean(pairs.map(({ values }) => values[i]!))) as [number, number],
    difference: finiteMean(differences),
    ci95: bootstrapInterval(differences, { seed }),
    p: wilcoxonSignedRank(differences).p,
  };
}

function requireComparable(a: NamedSummary, b: NamedSummary): void {
  const ids = ({ summary }: NamedSummary) => summary.metric_per_case.map((each) => each.case);
  const only = (first: NamedSummary, second: NamedSummary) => {
    const there = new Set(ids(second));
    const missing = ids(first).filter((id) => !there.has(id));
    return missing.length === 0 ? [] : [`only ${first.name} has ${missing.join(", ")}`];
  };
  const why = [...only(a, b), ...only(b, a)];
  const classes = [a, b].map(({ summary: { labels } }) =>
    labels === undefined
      ? "foreground"
      : Object.entries(labels).map(([key, name]) => `${name} (${key})`).join(", ")
  );
  if (classes[0] !== classes[1]) {
    why.push(`${a.name} has the classes ${classes[0]}, and ${b.name} ${classes[1]}`);
  }
  if (why.length === 0) return;
  throw new InputError(`Cannot compare runs: ${why.join("; ")}`, {
    code: "bad-run",
    hint: "Compare runs that were scored on the same patients and classes: train them with one " +
      "--splits file, or score one of them with deno task evaluate --data",
  });
}

const HEAD = [
  "run",
  "compared with",
  "class",
  "score",
  "cases",
  "mean before",
  "mean",
  "difference",
  "ci95_low",
  "ci95_high",
  "p",
];

/** The comparison as CSV, one row for each run, class and score. */
export function comparisonCsv(
  rows: readonly PairedDifference[],
  names: Readonly<Record<string, string>>,
): string {
  const lines = rows.map((row) => [...described(row, names), ...numbers(row)]);
  return [HEAD, ...lines].map(csvLine).join("");
}

/** The comparison as a Markdown table. */
export function comparisonMarkdown(
  rows: readonly PairedDifference[],
  names: Readonly<Record<string, string>>,
): string {
  const text = (value: number) => Number.isFinite(value) ? value.toFixed(4) : "–";
  const lines = rows.map((row) => {
    const [before, after, difference, low, high] = numbers(row).map(text);
    const interval = Number.isFinite(row.ci95[0]) ? `${low} to ${high}` : "–";
    const p = Number.isNaN(row.p) ? "–" : row.p < 0.0001 ? "< 0.0001" : text(row.p);
    return [...described(row, names), before, after, difference, interval, p];
  });
  const head = [...HEAD.slice(0, 8), "95 % interval", "p (Wilcoxon)"];
  return [head, head.map(() => "---"), ...lines]
    .map((cells) => `| ${cells.map((cell) => String(cell).replaceAll("|", "\\|")).join(" | ")} |\n`)
    .join("");
}

function described(row: PairedDifference, names: Readonly<Record<string, string>>) {
  return [row.run, row.reference, names[row.label] || "foreground", row.score, row.pairs.length];
}

function numbers({ means, difference, ci95, p }: PairedDifference): number[] {
  return [...means, difference, ...ci95, p];
}

/**
 * What was found about a model's robustness, as a file.
 *
 * @module
 */

import { InputError } from "../../support/errors.ts";
import { writeFileAtomic } from "../../support/files.ts";
import type { RobustnessScore } from "./evaluate_robustness.ts";
import { PERTURBATIONS } from "./perturbations.ts";

const HEADER = "perturbation,strength,unit,case,dice,dice_if_unhealed";

/**
 * Writes scores as CSV, a row for each case and strength. What is undefined is empty.
 *
 * @param path Folders that are missing are made.
 */
export async function writeRobustness(
  path: string,
  scores: readonly RobustnessScore[],
): Promise<void> {
  const units = new Map(PERTURBATIONS.map(({ name, unit }) => [name, unit]));
  const lines = scores.map(({ perturbation, strength, case: id, dice, unhealed = NaN }) =>
    [
      perturbation,
      strength,
      csvText(units.get(perturbation) ?? ""),
      csvText(id),
      ...[dice, unhealed].map((value) => Number.isFinite(value) ? value : ""),
    ].join(",")
  );
  await writeFileAtomic(path, [HEADER, ...lines].join("\n") + "\n");
}

/**
 * Reads what {@linkcode writeRobustness} wrote.
 *
 * @returns `undefined` where there is no such file.
 * @throws {InputError} Where it is another.
 */
export async function readRobustness(path: string): Promise<RobustnessScore[] | undefined> {
  let text: string;
  try {
    text = await Deno.readTextFile(path);
  } catch (cause) {
    if (cause instanceof Deno.errors.NotFound) return undefined;
    throw new InputError("Cannot read robustness: the file cannot be opened", {
      code: "bad-run",
      path,
      cause,
    });
  }
  const [header, ...lines] = text.trim().split(/\r?\n/);
  if (header !== HEADER) {
    throw new InputError("Cannot read robustness: the file is none of ours", {
      code: "bad-run",
      path,
      hint: "Make it again with deno task robustness",
    });
  }
  const number = (cell = "") => cell === "" ? NaN : Number(cell);
  return lines.map((line) => {
    const [perturbation = "", strength, , id = "", dice, unhealed] = csvCells(line);
    return {
      perturbation,
      strength: number(strength),
      case: id,
      dice: number(dice),
      ...(unhealed && { unhealed: number(unhealed) }),
    };
  });
}

/** The cells of a line. A text in quotes may hold commas, and quotes twice. */
function csvCells(line: string): string[] {
  return Array.from(
    line.matchAll(/("(?:[^"]|"")*"|[^,]*)(?:,|$)/g),
    ([, cell = ""]) => cell.startsWith('"') ? cell.slice(1, -1).replaceAll('""', '"') : cell,
  );
}

function csvText(text: string): string {
  return /[",\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

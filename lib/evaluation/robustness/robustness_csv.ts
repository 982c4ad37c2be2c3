/**
 * Writes and reads robustness scores.
 *
 * @module
 */

import { csvLine, parseCsv } from "../../support/csv.ts";
import { InputError } from "../../support/errors.ts";
import { writeFileAtomic } from "../../support/files.ts";
import { ifThere, readText } from "../../support/read_text.ts";
import type { RobustnessScore } from "./evaluate_robustness.ts";
import { PERTURBATIONS } from "./perturbations.ts";

const HEADER = ["perturbation", "strength", "unit", "case", "dice", "dice_if_unhealed"];

/**
 * Writes scores as CSV, one row for each case and strength. Undefined values are empty.
 *
 * @param path Missing folders are created.
 */
export async function writeRobustness(
  path: string,
  scores: readonly RobustnessScore[],
): Promise<void> {
  const units = new Map(PERTURBATIONS.map(({ name, unit }) => [name, unit]));
  const lines = scores.map(({ perturbation, strength, case: id, dice, unhealed }) =>
    csvLine([perturbation, strength, units.get(perturbation), id, dice, unhealed])
  );
  await writeFileAtomic(path, [csvLine(HEADER), ...lines].join(""));
}

/**
 * Reads what {@linkcode writeRobustness} wrote.
 *
 * @returns `undefined` if there is no such file.
 * @throws {InputError} If it is another kind of file.
 */
export async function readRobustness(path: string): Promise<RobustnessScore[] | undefined> {
  const text = await ifThere(readText(path, { what: "robustness", code: "bad-run" }));
  if (text === undefined) return undefined;
  const number = (cell = "") => cell === "" ? NaN : Number(cell);
  try {
    const [header, ...lines] = parseCsv(text);
    if (header?.join() !== HEADER.join()) throw new SyntaxError("other columns");
    return lines.map(([perturbation = "", strength, , id = "", dice, unhealed]) => ({
      perturbation,
      strength: number(strength),
      case: id,
      dice: number(dice),
      ...(unhealed && { unhealed: number(unhealed) }),
    }));
  } catch (cause) {
    if (!(cause instanceof SyntaxError)) throw cause;
    throw new InputError("Cannot read robustness: the file was not written by this program", {
      code: "bad-run",
      path,
      hint: "Make it again with deno task robustness",
      cause,
    });
  }
}

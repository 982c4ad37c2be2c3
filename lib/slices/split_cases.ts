/**
 * Which patients train, which choose the best epoch, and which are held out.
 *
 * @module
 */

import { InputError } from "../support/errors.ts";
import { hash32 } from "../support/random.ts";

/** Case ids by what they are for, each list sorted; no patient is in two of them. */
export interface Split {
  readonly seed: number;
  readonly train: readonly string[];
  readonly validation: readonly string[];
  readonly test: readonly string[];
  /** Number of folds and which of them is the test set, in cross-validation. */
  readonly folds?: number;
  readonly fold?: number;
  /** The file that it was read from, where it was. */
  readonly file?: string;
}

/** Options of {@linkcode splitCases}. */
export interface SplitOptions {
  /** Other seeds give other splits. Default 0. */
  readonly seed?: number;
  /** Share of the patients held out to score the model; 0 for none. Default 0.2. */
  readonly test?: number;
  /** Share of the patients that choose the best epoch; 0 for none. Default 0.2. */
  readonly validation?: number;
  /** Cross-validation: cut the patients into this many folds, of which `fold` is the test set. */
  readonly folds?: number;
  /** Which fold is the test set, from 0. Default 0. */
  readonly fold?: number;
  /** The patient of a case, where a patient can have several. By default each case is a patient. */
  readonly patientOf?: (id: string) => string;
}

/**
 * Splits cases into training, validation and test by patient.
 *
 * The split depends on the seed and the names alone, not on the order they come in: patients are
 * ranked by a hash of seed and name, so a case more moves few others. Shares are rounded, and a
 * set that is wanted has at least one patient. Over all folds each case is tested exactly once;
 * `validation` is then a share of the rest.
 *
 * @param cases Case ids; duplicates count once.
 * @throws {InputError} If there are too few patients for the sets or folds wanted.
 * @throws {RangeError} If shares are not in [0, 1) together, or the fold is none of the folds.
 *
 * @example
 * ```ts
 * import { splitCases } from "./split_cases.ts";
 * import assert from "node:assert/strict";
 *
 * const split = splitCases(["a", "b", "c", "d", "e"], { seed: 1 });
 * assert.deepEqual([split.train, split.validation, split.test].map((s) => s.length), [3, 1, 1]);
 * ```
 */
export function splitCases(cases: readonly string[], options: SplitOptions = {}): Split {
  const { seed = 0, test = 0.2, validation = 0.2, folds, fold = 0, patientOf = (id) => id } =
    options;
  if (!(test >= 0 && validation >= 0 && (folds === undefined ? test : 0) + validation < 1)) {
    throw new RangeError(
      `Cannot split: test ${test} and validation ${validation} leave no training`,
    );
  }
  const byPatient = Map.groupBy(new Set(cases), patientOf);
  const ranked = rank([...byPatient.keys()], seed);
  const kept = 1 + Number(validation > 0); // at least, for training and validation

  let held: string[];
  if (folds === undefined) {
    const most = Math.max(ranked.length - kept, 1);
    held = ranked.slice(0, Math.min(share(ranked.length, test), most));
  } else {
    if (!(Number.isInteger(folds) && folds >= 2 && Number.isInteger(fold))) {
      throw new RangeError(`Cannot split: fold ${fold} of ${folds} folds`);
    }
    if (fold < 0 || fold >= folds) {
      throw new RangeError(`Cannot split: fold ${fold} is not in 0 to ${folds - 1}`);
    }
    held = ranked.filter((_, i) => i % folds === fold);
  }
  const rest = ranked.filter((patient) => !held.includes(patient));
  if (rest.length < kept || ranked.length < (folds ?? 0)) {
    const how = folds === undefined ? "" : ` in ${folds} folds`;
    throw new InputError(`Cannot split ${ranked.length} cases${how}: too few`, {
      code: "bad-split",
      hint: "Set test or validation to 0 to do without that set, or use fewer folds",
    });
  }
  const wanted = share(folds === undefined ? ranked.length : rest.length, validation);
  const count = Math.min(wanted, rest.length - 1);
  const ids = (patients: string[]) => patients.flatMap((patient) => byPatient.get(patient)!).sort();
  return {
    seed,
    train: ids(rest.slice(count)),
    validation: ids(rest.slice(0, count)),
    test: ids(held),
    ...(folds === undefined ? {} : { folds, fold }),
  };
}

/** Rounded, but at least one where any are wanted. */
function share(n: number, fraction: number): number {
  return fraction === 0 ? 0 : Math.max(1, Math.round(n * fraction));
}

function rank(patients: string[], seed: number): string[] {
  const key = (name: string) => hash32(seed, ...new TextEncoder().encode(name));
  return patients
    .map((name) => ({ name, key: key(name) }))
    .sort((a, b) => a.key - b.key || (a.name < b.name ? -1 : 1))
    .map(({ name }) => name);
}

import * as v from "valibot";
import { InputError } from "../../support/errors.ts";
import { counted } from "../../support/names_of.ts";
import { hash32 } from "../../support/random.ts";
import { SPLIT_KEYS, type SplitSettings } from "./split_keys.ts";

/** The case ids of each part, sorted; no patient is in two parts. */
export interface Split {
  readonly seed: number;
  readonly train: readonly string[];
  readonly validation: readonly string[];
  readonly test: readonly string[];
  /** In cross-validation: the number of folds, and which one is the test set. */
  readonly folds?: number;
  readonly fold?: number;
  /** The file that it was read from, if any. */
  readonly file?: string;
  /** The patient of each case, if a patient has several cases or a different name. */
  readonly patients?: Readonly<Record<string, string>>;
}

/** Options of {@linkcode splitCases}, with the settings' defaults. */
export interface SplitOptions
  extends Partial<Pick<SplitSettings, "test" | "validation" | "folds" | "fold">> {
  /** Decides the split. Default: 0. */
  readonly seed?: number;
  /** The patient of a case. Default: each case is a patient. */
  readonly patientOf?: (id: string) => string;
}

const { test, validation, folds, fold } = SPLIT_KEYS;
const OptionsSchema = v.pipe(
  v.object({ test, validation, folds, fold }),
  v.check(
    ({ test, validation, folds }) => (folds === 0 ? test : 0) + validation < 1,
    "test and validation leave no training",
  ),
  v.check(({ folds, fold }) => folds === 0 || fold < folds, "there is no such fold"),
);

/**
 * Splits cases into training, validation and test by patient.
 *
 * The split depends only on the seed and the names, not on their order: patients are ranked by a
 * hash of seed and name, so adding a case moves few others. Fractions are rounded, but a part that
 * is wanted has at least one patient. Over all folds each case is tested exactly once; `validation`
 * is then a fraction of the rest.
 *
 * @param cases Case ids; duplicates count once.
 * @throws {InputError} If there are too few patients for the parts or folds.
 * @throws {RangeError} If the fractions do not add up to less than 1, or there is no such fold.
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
  const { seed = 0, patientOf = (id) => id } = options;
  const result = v.safeParse(OptionsSchema, options);
  if (!result.success) {
    throw new RangeError(`Cannot split: ${result.issues.map(({ message }) => message).join("; ")}`);
  }
  const { test, validation, folds, fold } = result.output;
  const byPatient = Map.groupBy([...new Set(cases)].sort(), patientOf);
  const ranked = rank([...byPatient.keys()], seed);
  const kept = 1 + Number(validation > 0); // at least, for training and validation
  const held = folds === 0
    ? ranked.slice(0, Math.min(share(ranked.length, test), Math.max(ranked.length - kept, 1)))
    : ranked.filter((_, i) => i % folds === fold);
  const isHeld = new Set(held);
  const rest = ranked.filter((patient) => !isHeld.has(patient));
  if (rest.length < kept || ranked.length < folds) {
    throw tooFew({ cases: new Set(cases).size, patients: ranked.length }, {
      ...{ test, validation, folds },
    });
  }
  const wanted = share(folds === 0 ? ranked.length : rest.length, validation);
  const count = Math.min(wanted, rest.length - 1);
  const ids = (patients: string[]) => patients.flatMap((patient) => byPatient.get(patient)!).sort();
  return {
    seed,
    train: ids(rest.slice(count)),
    validation: ids(rest.slice(0, count)),
    test: ids(held),
    ...(folds === 0 ? {} : { folds, fold }),
    ...recordPatients(cases, patientOf),
  };
}

/** The patient of each case for a {@linkcode Split}; nothing if each case is its own patient. */
export function recordPatients(
  cases: readonly string[],
  patientOf: (id: string) => string,
): Pick<Split, "patients"> {
  const patients = [...new Set(cases)].sort().map((id) => [id, patientOf(id)] as const);
  return patients.some(([id, patient]) => id !== patient)
    ? { patients: Object.fromEntries(patients) }
    : {};
}

/** "Cannot split 6 cases of 2 patients into training, validation and test". */
function tooFew(
  { cases, patients }: { cases: number; patients: number },
  { test, validation, folds }: Pick<SplitSettings, "test" | "validation" | "folds">,
): InputError {
  const who = counted(cases, "case") +
    (patients === cases ? "" : ` of ${counted(patients, "patient")}`);
  const parts = [
    "training",
    ...(validation > 0 ? ["validation"] : []),
    ...(test > 0 ? ["test"] : []),
  ];
  const what = folds > 0
    ? `${folds} folds${validation > 0 ? " with validation" : ""}`
    : parts.join(", ").replace(/, (\w+)$/, " and $1");
  const ways = folds > 0
    ? ["use fewer folds", ...(validation > 0 ? ["set validation to 0"] : [])]
    : parts.length > 1
    ? [`set ${parts.slice(1).join(" or ")} to 0 to do without`]
    : [];
  let enough = folds > 0 ? folds : parts.length;
  if (folds > 0 && validation > 0) { while (enough - Math.ceil(enough / folds) < 2) enough++; }
  return new InputError(`Cannot split ${who} into ${what}: that takes at least ${enough}`, {
    code: "bad-split",
    hint: [`Add ${patients === cases ? "cases" : "patients"}`, ...ways].join(", or "),
  });
}

/** Rounded, but at least 1 if the fraction is not 0. */
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

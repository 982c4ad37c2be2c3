import { InputError } from "../../support/errors.ts";
import { readText } from "../../support/read_text.ts";
import { namesOf } from "../../support/names_of.ts";
import { comparable } from "../discovery/file_names.ts";
import type { SplitSettings } from "./split_keys.ts";

/** The patient of each case. */
export type Patients = ReadonlyMap<string, string>;

/** Names that start with the patient's id, as in BIDS and ACDC. */
const SUBJECT = /^(?:sub-[a-z0-9]+|(?:patient|subject|subj|pat)[-_]?\d+)(?=[-_.]|$)/i;
/** The part before a BIDS session. */
const SESSION = /^(.+?)[-_]ses-[a-z0-9]+(?=[-_.]|$)/i;
/** Endings that number a patient's scans. */
const SCAN =
  /[-_.](?:(?:run|acq)-[a-z0-9]+|(?:frame|slice|visit|session|scan|time|tp|phase)[-_]?\d+|left|right|lh|rh|l|r)$/i;
/** Where the name of a scan may begin: at a separator, or at a letter after a number. */
const BOUNDARY = /[-_. ]|(?<=\d)(?=[a-z]$)/gi;
/** Larger groups are more likely those of a hospital or a month than the scans of a patient. */
const MOST_SCANS = 6;
/** The side at the start of a name. */
const SIDE = /^(?:left|right|lh|rh)[-_.]/i;
/** A number after a name that ends in a number, such as `p01_0001`. */
const NUMBERED = /^(.*\d)[-_.]\d+$/;
/** With fewer names in common, they are more likely the data set's than patients'. */
const FEWEST_NAMES = 3;

/**
 * Recognises cases of one patient by their names: `sub-01_ses-02_T1w`, `patient001_frame01`,
 * `ID_frame12`, `ID_slice_3`, `ID_left`. Whatever follows an id with a number in it also counts as
 * the name of a scan (`p01_0001`, `OAS1_0001_MR2`, `case_7_pre`, `12b`) if there are at least three
 * such ids (in `amos22_0001`, `amos22` is the data set).
 *
 * @returns The stem of each id; an id without one is its own.
 *
 * @example
 * ```ts
 * import { recognisePatients } from "./patients.ts";
 * import assert from "node:assert/strict";
 *
 * const patients = recognisePatients(["patient001_frame01", "patient001_frame12", "prostate_00"]);
 * assert.deepEqual([...patients.values()], ["patient001", "patient001", "prostate_00"]);
 * ```
 */
export function recognisePatients(ids: Iterable<string>): Patients {
  const stems = new Map([...ids].map((id) => [id, stemOf(id)]));
  const names = commonStarts([...stems.values()]) ?? numberedNames([...stems.values()]);
  return new Map([...stems].map(([id, stem]) => [id, names.get(stem) ?? stem]));
}

/**
 * The shortest starts that several patients' names have in common, each with a number in it; null
 * if there are none.
 */
function commonStarts(stems: readonly string[]): ReadonlyMap<string, string> | null {
  const starts = new Map(stems.map((stem) => [
    stem,
    [...stem.matchAll(BOUNDARY)].map(({ index }) => stem.slice(0, index)),
  ]));
  const most = Math.max(0, ...[...starts.values()].map(({ length }) => length));
  for (let parts = 0; parts < most; parts++) {
    const names = new Map([...starts].flatMap(([stem, own]) => {
      const name = own[parts];
      return name !== undefined && /\d/.test(name) ? [[stem, name]] : [];
    }));
    const groups = [...Map.groupBy(names, ([, name]) => name).values()]
      .map(({ length }) => length).filter((count) => count > 1);
    const scans = groups.reduce((a, b) => a + b, 0);
    if (groups.length >= FEWEST_NAMES && scans <= MOST_SCANS * groups.length) return names;
  }
  return null;
}

/** The names before a last number, each ending in a number. */
function numberedNames(stems: readonly string[]): ReadonlyMap<string, string> {
  const names = new Map(stems.flatMap((stem) => {
    const [, name] = NUMBERED.exec(stem) ?? [];
    return name === undefined ? [] : [[stem, name]];
  }));
  return new Set(names.values()).size < FEWEST_NAMES ? new Map() : names;
}

function stemOf(id: string): string {
  const [subject] = SUBJECT.exec(id) ?? [];
  if (subject !== undefined) return subject;
  let stem = (SESSION.exec(id)?.[1] ?? id).replace(SIDE, "");
  while (SCAN.test(stem)) stem = stem.replace(SCAN, "");
  return stem === "" ? id : stem;
}

/**
 * Finds the patient of each case according to the setting `patients`.
 *
 * @throws {InputError} If it is neither a known word, a pattern nor a file, or does not give the
 * patient of every case; the error lists those.
 *
 * @example The left and right hippocampus of a patient, numbered one after the other
 * ```ts
 * import { findPatients } from "./patients.ts";
 * import assert from "node:assert/strict";
 *
 * const ids = ["hippocampus_003", "hippocampus_004", "hippocampus_006"];
 * const patients = await findPatients("pairs:hippocampus_(\\d+)", ids);
 * assert.deepEqual([...patients.values()], ["pair 2", "pair 2", "pair 3"]);
 * ```
 */
export async function findPatients(
  setting: SplitSettings["patients"],
  ids: readonly string[],
): Promise<Patients> {
  if (setting === "case") return new Map(ids.map((id) => [id, id]));
  if (setting === "auto") return oneSpelling(recognisePatients(ids));
  const patientOf = /\.[ct]sv$/i.test(setting)
    ? await readPatients(setting)
    : matchPatients(setting);
  const patients = new Map<string, string>();
  const unknown: string[] = [];
  for (const id of ids) {
    const patient = patientOf(id);
    if (patient === undefined) unknown.push(id);
    else patients.set(id, patient);
  }
  if (unknown.length === 0) return oneSpelling(patients);
  throw new InputError(
    `Cannot tell the patient of ${unknown.length} of ${ids.length} cases: ${namesOf(unknown)}`,
    {
      code: "bad-split",
      hint: `"patients" is ${setting}; it must match, or list, every case`,
    },
  );
}

/** A patient that is written `Pat01` and `pat01` is one: as two, one could be trained on and tested. */
function oneSpelling(patients: Patients): Patients {
  const spelling = new Map<string, string>();
  return new Map([...patients].map(([id, patient]) => {
    const key = comparable(patient);
    if (!spelling.has(key)) spelling.set(key, patient);
    return [id, spelling.get(key)!];
  }));
}

function matchPatients(setting: string): (id: string) => string | undefined {
  const [, pairs, source] = /^(pairs:)?(.*)$/s.exec(setting)!;
  let pattern: RegExp;
  try {
    pattern = new RegExp(source!, "u");
  } catch (cause) {
    throw new InputError(`Cannot use patients: ${(cause as Error).message}`, {
      code: "bad-config",
      hint: PATIENTS_HINT,
      cause,
    });
  }
  if (pairs === undefined) {
    return (id) => {
      const match = pattern.exec(id);
      if (match === null) return undefined;
      const groups = match.slice(1).filter((group) => group !== undefined);
      return groups.length === 0 ? match[0] : groups.join("_");
    };
  }
  return (id) => {
    const groups = (pattern.exec(id) ?? []).slice(1).filter((group) => group !== undefined);
    const number = groups.pop();
    if (number === undefined || !/^\d{1,15}$/.test(number)) return undefined;
    return [...groups, `pair ${Math.ceil(Number(number) / 2)}`].join("_");
  };
}

const PATIENTS_HINT = "A pattern is a regular expression, such as (p\\d+)_";

/** Reads two columns: case, patient. A header line is ignored. */
async function readPatients(path: string): Promise<(id: string) => string | undefined> {
  const text = await readText(path, {
    what: "patients",
    code: "bad-split",
    hint: "Give a CSV file with two columns, case and patient",
  });
  const separator = /\.tsv$/i.test(path) ? "\t" : text.includes(",") ? "," : ";";
  const patients = new Map<string, string>();
  const wrong: string[] = [];
  for (const [i, line] of text.split(/\r?\n/).entries()) {
    if (line.trim() === "") continue;
    const cells = line.split(separator).map((cell) => cell.trim().replace(/^"(.*)"$/, "$1"));
    const [id, patient] = cells.map((cell) => cell.normalize("NFC"));
    const other = patients.get(id ?? "");
    if (cells.length < 2 || id === "" || patient === "") wrong.push(`line ${i + 1} is not a pair`);
    else if (other !== undefined && other !== patient) {
      wrong.push(`${id} is listed with the patients ${other} and ${patient}`);
    } else patients.set(id!, patient!);
  }
  if (wrong.length > 0) {
    throw new InputError(`Cannot read patients: ${namesOf(wrong)}`, {
      code: "bad-split",
      path,
      hint: "Each line is a case, a comma and its patient",
    });
  }
  return (id) => patients.get(id);
}

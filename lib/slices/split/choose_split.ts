import { asWarning, type Problem } from "../discovery/case_source.ts";
import { counted, namesOf } from "../../support/names_of.ts";
import { findPatients, type Patients, recognisePatients } from "./patients.ts";
import { type Split, splitCases } from "./split_cases.ts";
import type { SplitSettings } from "./split_keys.ts";
import { readSplitsFile } from "./splits_file.ts";

/** A split, and warnings about its patients. */
export interface ChosenSplit {
  readonly split: Split;
  readonly problems: readonly Problem[];
}

/**
 * Splits the cases of a data set by patient, or reads the split from a file.
 *
 * @param unusable Ids that a splits file may name although they cannot be used.
 * @throws {InputError} If there are too few patients, or the file or the patients do not match the
 * cases.
 */
export async function chooseSplit(
  settings: SplitSettings & { readonly seed: number },
  cases: readonly string[],
  unusable: readonly string[],
): Promise<ChosenSplit> {
  const patients = await findPatients(settings.patients, cases);
  const patientOf = (id: string) => patients.get(id)!;
  const { splits, ...rest } = settings;
  const split = splits === ""
    ? splitCases(cases, { ...rest, patientOf })
    : await readSplitsFile(splits, { ...rest, cases, unusable, patientOf });
  return {
    split,
    problems: [...patientProblems(settings.patients, patients), ...sharedPatients(split, patients)],
  };
}

/**
 * Reports names that suggest several cases of one patient: which were grouped, or that the setting
 * disagrees.
 */
export function patientProblems(
  setting: SplitSettings["patients"],
  patients: Patients,
): Problem[] {
  const byStem = Map.groupBy(recognisePatients(patients.keys()), ([, stem]) => stem);
  const shared = [...byStem].filter(([, cases]) => cases.length > 1)
    .map(([stem, cases]) => ({ stem, ids: cases.map(([id]) => id) }));
  const torn = shared.filter(({ ids }) => new Set(ids.map((id) => patients.get(id))).size > 1);
  const told = setting === "auto" ? shared : torn;
  if (told.length === 0) return [];
  const count = told.reduce((sum, { ids }) => sum + ids.length, 0);
  const names = namesOf(told.map(({ stem, ids }) => `${stem} (${counted(ids.length, "case")})`), 3);
  const finding = setting === "auto"
    ? asWarning(
      `${count} cases share a stem of their names and are split as ` +
        `${counted(told.length, "patient")}: ${names}`,
      'If they are different patients, set "patients" to case or to a pattern',
    )
    : asWarning(
      `${count} cases share a stem of their names, but not their patient: ${names}`,
      'If they are scans of one patient, set "patients" to auto or to a pattern',
    );
  return [{ ...finding, case: "all cases" }];
}

/** Patients with cases in several parts of a split, which a splits file may have. */
function sharedPatients(split: Split, patients: Patients): Problem[] {
  const parts = new Map<string, Set<string>>();
  for (const part of ["train", "validation", "test"] as const) {
    for (const id of split[part]) {
      const patient = patients.get(id)!;
      parts.set(patient, (parts.get(patient) ?? new Set()).add(part));
    }
  }
  const shared = [...parts].filter(([, where]) => where.size > 1);
  if (shared.length === 0) return [];
  const names = namesOf(shared.map(([patient, where]) => `${patient} (${[...where].join(", ")})`));
  const message = `${counted(shared.length, "patient")} in several parts of the split: ${names}`;
  const hint = "Scores of patients that were also trained on are too high";
  return [{ ...asWarning(message, hint), case: "all cases" }];
}

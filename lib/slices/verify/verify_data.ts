import { inPool } from "../../support/in_pool.ts";
import type { Problem } from "../discovery/case_source.ts";
import { discoverCases, type DiscoveredCases } from "../discovery/discover_cases.ts";
import { openCase } from "../open_case.ts";
import { resolveSliceSettings, type SliceSettings } from "../slice_settings.ts";
import { patientProblems } from "../split/choose_split.ts";
import { findPatients } from "../split/patients.ts";
import type { SplitSettings } from "../split/split_keys.ts";
import { surveyCases } from "../survey.ts";
import { type CaseFacts, caseFacts } from "./case_facts.ts";
import { dataSetProblems } from "./data_set_problems.ts";
import { idsWithErrors, sortProblems } from "./problems.ts";

/** Options of {@linkcode verifyData}. */
export interface VerifyOptions {
  /** The data folder. */
  readonly data: string;
  /** How it will be cut. Missing settings get their defaults. */
  readonly settings: Partial<SliceSettings>;
  /** Which cases are of one patient. */
  readonly patients: SplitSettings["patients"];
  /** Called after each case. */
  readonly onProgress: (progress: { done: number; total: number; case: string }) => void;
}

/** The result of {@linkcode verifyData}. */
export interface Verification {
  readonly kind: DiscoveredCases["kind"];
  /** Those without errors, by id. */
  readonly cases: readonly CaseFacts[];
  /** Names of the channels, if the data set or its files have them. */
  readonly channelNames: readonly string[];
  /** The number of patients. */
  readonly patients: number;
  /** All problems, by case, or by file if they concern a file. */
  readonly problems: readonly Problem[];
}

/**
 * Checks a data set as training will use it, and lists all problems.
 *
 * Errors make a case or the data set unusable, or its scores meaningless; warnings are merely
 * suspicious. Problems of cases come from `openCase`, those of the data set from `dataSetProblems`;
 * training uses both too.
 *
 * @throws {InputError} If the folder is missing or holds no data set, or an option is out of range.
 *
 * @example
 * ```ts ignore
 * const { problems } = await verifyData({
 *   data: "data/Task04_Hippocampus",
 *   settings: { axis: "coronal" },
 *   patients: "auto",
 *   onProgress: () => {},
 * });
 * const errors = problems.filter(({ severity }) => severity === "error");
 * ```
 */
export async function verifyData(options: VerifyOptions): Promise<Verification> {
  const { data, patients, onProgress } = options;
  const settings = resolveSliceSettings(options.settings);
  const { kind, cases, problems: found, description } = await discoverCases(data);
  const problems = [...found];
  const labelled = cases.filter(({ files }) => files[0]!.label !== null);
  const byCase = await findPatients(patients, labelled.map(({ id }) => id));
  problems.push(...patientProblems(patients, byCase));

  const { settings: definite, atOnce } = await surveyCases(labelled, settings, description);
  const facts: CaseFacts[] = [];
  let done = 0;
  await inPool(labelled, atOnce, async (source) => {
    const opened = await openCase(source, definite, { labels: true, normalized: true });
    problems.push(...opened.findings.map((finding) => ({ ...finding, case: source.id })));
    if (opened.case !== null) facts.push(caseFacts(opened.case));
    onProgress({ done: ++done, total: labelled.length, case: source.id });
  });
  facts.sort((a, b) => a.id < b.id ? -1 : 1);
  const { targets } = definite;
  const compared = dataSetProblems(facts, { ...settings, targets, description });
  const wrong = idsWithErrors(compared);
  const usable = facts.filter(({ id }) => !wrong.has(id));
  problems.push(...compared);
  return {
    kind,
    cases: usable,
    channelNames: description.channelNames,
    patients: new Set(usable.map(({ id }) => byCase.get(id))).size,
    problems: sortProblems(problems),
  };
}

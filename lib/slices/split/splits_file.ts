import * as v from "valibot";
import { InputError } from "../../support/errors.ts";
import { readJson } from "../../support/read_text.ts";
import { counted, namesOf } from "../../support/names_of.ts";
import { describeUnknown } from "./require_cases.ts";
import { recordPatients, type Split, splitCases } from "./split_cases.ts";

/** Options of {@linkcode readSplitsFile}. */
export interface SplitsFileOptions {
  /** The ids of the cases that can be used. */
  readonly cases: readonly string[];
  /** Ids that the file may name although they cannot be used; they are left out. */
  readonly unusable: readonly string[];
  /** Which split of a list, from 0. */
  readonly fold: number;
  /** If the file has no validation cases: the fraction of the training patients to use. */
  readonly validation: number;
  /** Chooses the validation patients. */
  readonly seed: number;
  /** The patient of a case. */
  readonly patientOf: (id: string) => string;
}

const ids = v.array(v.string());
const partsSchema = v.object({
  train: ids,
  validation: v.exactOptional(ids),
  val: v.exactOptional(ids),
  test: v.exactOptional(ids),
  unused: v.exactOptional(v.union([ids, v.literal("others")])),
});
const fileSchema = v.union([v.pipe(v.array(partsSchema), v.minLength(1)), partsSchema]);

const SHAPES = 'A splits file is {"train": [ids], "validation": [ids], "test": [ids]}, as the ' +
  'split.json of a run, or nnU-Net\'s splits_final.json: [{"train": [ids], "val": [ids]}, …]';

/**
 * Reads a split from a JSON file of case ids: one split, such as the `split.json` of a run, or a
 * list of them, such as nnU-Net's `splits_final.json`.
 *
 * nnU-Net's `val` are the cases that scores are reported on, so they become the test set, unless
 * there is a `test` beside them. Without validation cases, a fraction of the training patients is
 * used for validation. Every case of the data set must be in one part; unwanted cases go into a
 * part `unused`, which is a list of ids or the word "others".
 *
 * @throws {InputError} If it cannot be read or has another format, there is no such fold, or ids
 * are unknown, missing or repeated; the error names all of them.
 */
export async function readSplitsFile(path: string, options: SplitsFileOptions): Promise<Split> {
  const { cases, unusable, fold, validation: share, seed, patientOf } = options;
  const content = await readFile(path);
  const list = Array.isArray(content) ? content : undefined;
  const parts = list === undefined ? content as Parts : list[fold];
  if (parts === undefined || (list === undefined && fold > 0)) {
    const count = list?.length ?? 1;
    throw new InputError(
      `Cannot split: there is no fold ${fold}, the file holds ` +
        (count === 1 ? "1 split" : `${count} splits, 0 to ${count - 1}`),
      { code: "bad-split", path },
    );
  }

  const { train, val, unused = [] } = parts;
  const test = parts.test ?? val ?? [];
  const validation = parts.validation ?? (parts.test === undefined ? undefined : val);
  const named = { train, validation: validation ?? [], test };
  const problems = unused === "others"
    ? check(named, { cases, unusable, all: false })
    : check({ ...named, unused }, { cases, unusable, all: true });
  const isUsable = new Set(cases);
  const usable = (part: readonly string[]) => part.filter((id) => isUsable.has(id)).sort();
  if (problems.length === 0 && usable(train).length === 0) {
    problems.push("no case is left to train on");
  }
  if (problems.length > 0) {
    throw new InputError(`Cannot split: ${problems.join("; ")}`, {
      code: "bad-split",
      path,
      hint:
        'Each case of the data set belongs in one part; put those to leave out into "unused"; ' +
        '"unused": "others" leaves out all other cases',
    });
  }
  const rest = validation === undefined
    ? splitCases(usable(train), { seed, test: 0, validation: share, patientOf })
    : { train: usable(train), validation: usable(validation) };
  return {
    seed,
    train: rest.train,
    validation: rest.validation,
    test: usable(test),
    ...(list === undefined ? {} : { folds: list.length, fold }),
    file: path,
    ...recordPatients(usable([...train, ...validation ?? [], ...test]), patientOf),
  };
}

type Parts = v.InferOutput<typeof partsSchema>;

async function readFile(path: string): Promise<v.InferOutput<typeof fileSchema>> {
  const value = await readJson(path, { what: "splits", code: "bad-split", hint: SHAPES });
  const result = v.safeParse(fileSchema, value);
  if (result.success) return result.output;
  throw new InputError("Cannot read splits: the file has another format", {
    code: "bad-split",
    path,
    hint: SHAPES,
  });
}

/** All problems with the ids. */
function check(
  parts: Record<string, readonly string[]>,
  { cases, unusable, all }: {
    cases: readonly string[];
    unusable: readonly string[];
    /** Whether every case must be in one of the parts. */
    all: boolean;
  },
): string[] {
  const problems: string[] = [];
  const known = new Set([...cases, ...unusable]);
  const places = new Map<string, string[]>();
  for (const [part, list] of Object.entries(parts)) {
    for (const id of list) places.set(id, [...places.get(id) ?? [], part]);
  }
  const unknown = [...places.keys()].filter((id) => !known.has(id));
  if (unknown.length > 0) {
    const free = [...known].filter((id) => !places.has(id));
    problems.push(
      `${counted(unknown.length, "id")} not in the data set: ${describeUnknown(unknown, free)}`,
    );
  }
  const twice = [...places].filter(([, where]) => where.length > 1)
    .map(([id, where]) => `${id} (${where.join(", ")})`);
  if (twice.length > 0) problems.push(`more than once: ${namesOf(twice)}`);
  const missing = all ? cases.filter((id) => !places.has(id)) : [];
  if (missing.length > 0) problems.push(`in no part: ${namesOf(missing)}`);
  return problems;
}

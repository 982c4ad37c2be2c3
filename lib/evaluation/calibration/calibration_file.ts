/**
 * The temperatures of a run, in its folder.
 *
 * @module
 */

import { join } from "@std/path";
import * as v from "valibot";
import type { Targets } from "../../slices/case.ts";
import { InputError } from "../../support/errors.ts";
import { writeJsonAtomic } from "../../support/files.ts";
import { ifThere, readJson } from "../../support/read_text.ts";

const fit = v.object({
  temperatures: v.array(v.pipe(v.number(), v.gtValue(0))),
  before: v.number(),
  after: v.number(),
});
const schema = v.object({
  /** The classes' names. */
  classes: v.array(v.string()),
  /** The number of validation cases. */
  cases: v.number(),
  /** The runs that were averaged for `several`. */
  samples: v.number(),
  /** For the probabilities of one run. */
  one: fit,
  /** For the mean of several runs. */
  several: fit,
});

/** The temperatures of a run, fitted on its validation cases; see `fitTemperatures`. */
export type RunCalibration = v.InferOutput<typeof schema>;

const FILE = "calibration.json";

/** The temperatures as text. */
export function formatCalibration({ one, several, samples }: RunCalibration): string[] {
  return ([["one run", one], [`${samples} runs`, several]] as const).map(([runs, fit]) =>
    `${runs}: temperature ${fit.temperatures.map((value) => value.toFixed(2)).join(", ")} ` +
    `(negative log-likelihood ${fit.before.toFixed(4)} → ${fit.after.toFixed(4)})`
  );
}

/** Stores the temperatures with the run. */
export async function writeCalibration(folder: string, content: RunCalibration): Promise<void> {
  await writeJsonAtomic(join(folder, FILE), content);
}

/**
 * Reads the temperatures of a run.
 *
 * @returns Null if none were fitted.
 * @throws {InputError} If the file is damaged or has other classes.
 */
export async function readCalibration(
  folder: string,
  { classes }: Targets,
): Promise<RunCalibration | null> {
  const path = join(folder, FILE);
  const hint =
    `Fit them again: deno task evaluate --run ${folder} --split validation --uncertainty`;
  const purpose = { code: "bad-run", hint } as const;
  const content = await ifThere(readJson(path, { what: "calibration", ...purpose }));
  if (content === undefined) return null;
  const parsed = v.safeParse(schema, content);
  const names = classes.map(({ name }) => name).join("\n");
  if (
    parsed.success && parsed.output.classes.join("\n") === names &&
    [parsed.output.one, parsed.output.several].every(({ temperatures }) =>
      temperatures.length === classes.length
    )
  ) return parsed.output;
  throw new InputError("Cannot read calibration: it is damaged or of other classes", {
    ...purpose,
    path,
  });
}

/**
 * The temperatures of an ensemble: the geometric means of those of its models, each from its own
 * validation cases.
 *
 * @returns Null if a model has none.
 */
export function mergeCalibrations(
  parts: readonly (RunCalibration | null)[],
): RunCalibration | null {
  const [first, ...others] = parts;
  if (first === undefined || first === null) return null;
  if (others.length === 0) return first;
  const known = parts.filter((part) => part !== null);
  if (known.length < parts.length) return null;
  const mean = (values: readonly number[]) => values.reduce((a, b) => a + b) / values.length;
  const merge = (runs: "one" | "several") => ({
    temperatures: first[runs].temperatures.map((_, c) =>
      Math.exp(mean(known.map((part) => Math.log(part[runs].temperatures[c]!))))
    ),
    before: mean(known.map((part) => part[runs].before)),
    after: mean(known.map((part) => part[runs].after)),
  });
  return {
    ...first,
    cases: known.reduce((sum, { cases }) => sum + cases, 0),
    one: merge("one"),
    several: merge("several"),
  };
}

/**
 * The configuration of a run, from what its user gave: completed, checked, compared.
 *
 * @module
 */

import { basename } from "@std/path";
import * as v from "valibot";
import type { Split } from "../slices/split/split_cases.ts";
import { InputError } from "../support/errors.ts";
import { nearest } from "../support/nearest.ts";
import {
  type Config,
  CONFIG_KEYS,
  type ConfigKey,
  type ConfigOverrides,
  ConfigSchema,
  DEFAULTS,
  PRESETS,
  RESUMABLE_KEYS,
} from "./config_schema.ts";

export * from "./config_schema.ts";

/**
 * Completes overrides to a configuration: defaults, then the preset, then the overrides.
 *
 * Without a preset, data.example gets `example` and any other data set `general`.
 *
 * @param overrides As a user gives them; checked here, whatever their static type says.
 * @param source The file they came from, for the error.
 * @throws {InputError} Naming every unknown key with the nearest known one, and every wrong value.
 *
 * @example
 * ```ts
 * import { resolveConfig } from "./config.ts";
 * import assert from "node:assert/strict";
 *
 * const config = resolveConfig({ preset: "tutorial", epochs: 3 });
 * assert.equal(config.learningRate, 1e-4);
 * assert.equal(config.epochs, 3);
 * assert.throws(
 *   () => resolveConfig({ lerningRate: 1 } as object),
 *   /unknown key "lerningRate" \(did you mean "learningRate"\?\)/,
 * );
 * ```
 */
export function resolveConfig(overrides: ConfigOverrides = {}, source?: string): Config {
  const problems: string[] = [];
  for (const [name, value] of Object.entries(overrides)) {
    if (!isConfigKey(name)) {
      const near = nearest(name, CONFIG_KEYS);
      problems.push(`unknown key "${name}"${near ? ` (did you mean "${near}"?)` : ""}`);
      continue;
    }
    const result = v.safeParse(ConfigSchema.entries[name], value);
    if (!result.success) problems.push(`"${name}": ${problemOf(result)}`);
  }
  if (problems.length === 0) {
    const data = overrides.data ?? DEFAULTS.data;
    const preset = overrides.preset ?? (isExample(data) ? "example" : "general");
    const config: Config = { ...DEFAULTS, ...PRESETS[preset], ...overrides, preset };
    if (config.folds > 0 && config.fold >= config.folds) {
      problems.push(`"fold": ${config.fold} of ${config.folds} folds, counted from 0`);
    }
    if (config.folds > 0 && config.splits !== "") {
      problems.push('"folds" makes folds, and "splits" takes them from a file: give one of them');
    }
    if (config.test + config.validation >= 1) {
      problems.push('"test" and "validation" leave nobody to train on');
    }
    if (problems.length === 0) return config;
  }
  throw new InputError(`Cannot use config: ${problems.join("; ")}`, {
    code: "bad-config",
    ...(source === undefined ? {} : { path: source }),
    hint: "deno task train --help lists every key",
  });
}

/**
 * The value of a key from the text of a flag: a number, numbers separated by commas, or a word.
 *
 * @throws {RangeError} If it is not a value of that key, saying what is.
 *
 * @example
 * ```ts
 * import { parseConfigValue } from "./config.ts";
 * import assert from "node:assert/strict";
 *
 * assert.deepEqual(parseConfigValue("size", "160,160"), [160, 160]);
 * assert.equal(parseConfigValue("size", "pad"), "pad");
 * ```
 */
export function parseConfigValue<Key extends ConfigKey>(key: Key, text: string): Config[Key] {
  const numbers = text.split(/[,x]/).map((part) => part.trim() === "" ? NaN : Number(part));
  const candidates: unknown[] = numbers.some(Number.isNaN)
    ? [text]
    : numbers.length === 1
    ? [numbers[0], numbers, text]
    : [numbers, text];
  const schema = ConfigSchema.entries[key];
  const value = candidates.find((candidate) => v.is(schema, candidate));
  if (value === undefined) throw new RangeError(problemOf(v.safeParse(schema, candidates[0])));
  return value as Config[Key];
}

function problemOf(result: v.SafeParseResult<v.GenericSchema>): string {
  return (result.issues?.[0].message ?? "").replace(/^Invalid [a-z ]+: /, "");
}

function isConfigKey(name: string): name is ConfigKey {
  return Object.hasOwn(ConfigSchema.entries, name);
}

function isExample(data: string): boolean {
  return basename(data) === DEFAULTS.data;
}

/**
 * Checks that a run that is to be resumed is the run that was stopped.
 *
 * @param stored From the checkpoint.
 * @param given What is to go on.
 * @throws {InputError} Naming every setting that differs and must not, and the split if it does.
 */
export function requireSameTraining(
  stored: { config: Config; split: Split },
  given: { config: Config; split: Split },
  folder: string,
): void {
  const differences = CONFIG_KEYS
    .filter((name) => !RESUMABLE_KEYS.includes(name))
    .filter((name) => String(stored.config[name]) !== String(given.config[name]))
    .map((name) => `${name} was ${stored.config[name]}, now ${given.config[name]}`);
  for (const part of ["train", "validation"] as const) {
    if (String(stored.split[part]) !== String(given.split[part])) {
      differences.push(`the ${part} patients are others`);
    }
  }
  if (differences.length === 0) return;
  throw new InputError(`Cannot resume: ${differences.join("; ")}`, {
    code: "bad-config",
    path: folder,
    hint: `Only ${RESUMABLE_KEYS.join(", ")} may change; for the rest start another run`,
  });
}

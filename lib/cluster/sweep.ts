/**
 * A sweep: the same training with other settings.
 *
 * @module
 */

import { type Config, CONFIG_KEYS, type ConfigKey, ConfigSchema } from "../training/config.ts";
import { InputError } from "../support/errors.ts";
import { nearest } from "../support/nearest.ts";
import { parseSetting } from "../support/setting.ts";

/** One choice of the varied settings. */
export interface Variant {
  /** The name of its folder, such as `hidden=64,steps=3-2`; empty if nothing is varied. */
  readonly name: string;
  readonly settings: Partial<Config>;
}

/** Keys that make the folders and seeds of the jobs, or the data they are compared on. */
const FIXED: readonly ConfigKey[] = [
  ...["preset", "data", "out", "seed", "prepared"] as const,
  ...["test", "validation", "folds", "fold", "splits", "patients"] as const,
];

/**
 * All combinations of some values of settings.
 *
 * @param given Such as `hidden=64,128`; values of settings with several numbers are separated by
 * semicolons: `steps=30,30;20,20`.
 * @throws {InputError} If a setting is unknown, cannot be varied, is given twice or has wrong values;
 * the error lists all.
 *
 * @example
 * ```ts
 * import { variants } from "./sweep.ts";
 * import assert from "node:assert/strict";
 *
 * const all = variants(["hidden=64,128", "learningRate=0.002"]);
 * assert.deepEqual(all.map(({ name }) => name), [
 *   "hidden=64,learningRate=0.002",
 *   "hidden=128,learningRate=0.002",
 * ]);
 * ```
 */
export function variants(given: readonly string[]): Variant[] {
  const problems: string[] = [];
  const seen = new Set<string>();
  let all: Variant[] = [{ name: "", settings: {} }];
  for (const text of given) {
    const [, key = text, list = ""] = /^([^=]+)=(.*)$/s.exec(text) ?? [];
    const why = seen.has(key) ? `"${key}" is varied twice` : wrongKey(key, list);
    seen.add(key);
    if (why !== null) {
      problems.push(why);
      continue;
    }
    const values = list.split(list.includes(";") ? ";" : ",").map((part) => part.trim());
    const parsed = values.map((value) => {
      try {
        return parseSetting(ConfigSchema.entries[key as ConfigKey], value);
      } catch (error) {
        problems.push(`"${key}": ${value}: ${(error as Error).message}`);
        return undefined;
      }
    });
    for (const same of [parsed.map((value) => JSON.stringify(value)), values.map(fileName)]) {
      if (new Set(same).size === same.length) continue;
      problems.push(`"${key}" has a value twice`);
      break;
    }
    all = all.flatMap(({ name, settings }) =>
      values.map((value, i) => ({
        name: [...(name === "" ? [] : [name]), `${key}=${fileName(value)}`].join(","),
        settings: { ...settings, [key]: parsed[i] },
      }))
    );
  }
  if (problems.length === 0) return all;
  throw new InputError(`Cannot vary settings: ${problems.join("; ")}`, {
    code: "bad-command-line",
    hint: "Write --vary hidden=64,128, and --vary 'steps=30,30;20,20' where a value is a list",
  });
}

function wrongKey(key: string, list: string): string | null {
  if (!(CONFIG_KEYS as readonly string[]).includes(key)) {
    const near = nearest(key, CONFIG_KEYS);
    return `unknown setting "${key}"${near === undefined ? "" : ` (did you mean "${near}"?)`}`;
  }
  if (FIXED.includes(key as ConfigKey)) return `"${key}" cannot be varied`;
  return list === "" ? `"${key}" has no values` : null;
}

/** The value in a folder's name. */
function fileName(value: string): string {
  return value.replaceAll(/[^\w.+-]/g, "-");
}

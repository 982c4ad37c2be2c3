import { basename } from "@std/path";
import * as v from "valibot";
import { settingConflicts } from "../slices/slice_settings.ts";
import type { Split } from "../slices/split/split_cases.ts";
import { InputError } from "../support/errors.ts";
import { nearest } from "../support/nearest.ts";
import { problemOf } from "../support/setting.ts";
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
 * @param overrides From a user; checked here, whatever their static type.
 * @throws {InputError} If keys are unknown or values wrong; the error lists all, with the nearest
 * known keys.
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
    const schema = ConfigSchema.entries[name];
    if (!v.is(schema, value)) problems.push(`"${name}": ${problemOf(schema, value)}`);
  }
  if (problems.length === 0) {
    const data = overrides.data ?? DEFAULTS.data;
    const preset = overrides.preset ?? (isExample(data) ? "example" : "general");
    const config: Config = { ...DEFAULTS, ...PRESETS[preset], ...overrides, preset };
    if (config.folds > 0 && config.fold >= config.folds) {
      problems.push(`"fold": there are ${config.folds} folds, counted from 0; got ${config.fold}`);
    }
    if (config.folds > 0 && config.splits !== "") {
      problems.push('"folds" makes a split, and "splits" reads one from a file: give one of them');
    }
    if (config.test + config.validation >= 1) {
      problems.push('"test" and "validation" leave no patients for training');
    }
    problems.push(...settingConflicts(config));
    if (problems.length === 0) return config;
  }
  throw new InputError(`Cannot use config: ${problems.join("; ")}`, {
    code: "bad-config",
    ...(source === undefined ? {} : { path: source }),
    hint: "deno task train --help lists every key",
  });
}

function isConfigKey(name: string): name is ConfigKey {
  return Object.hasOwn(ConfigSchema.entries, name);
}

function isExample(data: string): boolean {
  return basename(data) === DEFAULTS.data;
}

/**
 * Checks that a configuration can continue a run.
 *
 * @throws {InputError} If settings differ that must not; the error lists them.
 */
export function requireSameConfig(stored: Config, given: Config, folder: string): void {
  const differences = CONFIG_KEYS
    .filter((name) => !RESUMABLE_KEYS.includes(name))
    .filter((name) => String(stored[name]) !== String(given[name]))
    .map((name) => `${name} was ${shown(stored[name])}, now ${shown(given[name])}`);
  if (differences.length === 0) return;
  throw new InputError(`Cannot resume: ${differences.join("; ")}`, {
    code: "bad-config",
    path: folder,
    hint: `Only ${RESUMABLE_KEYS.join(", ")} may change; otherwise start another run`,
  });
}

function shown(value: unknown): string {
  return value === "" ? "empty" : String(value);
}

/**
 * Checks that a run still has the patients that it started with.
 *
 * @throws {InputError} If the training or validation patients differ.
 */
export function requireSameSplit(stored: Split, given: Split, folder: string): void {
  const others = (["train", "validation"] as const)
    .filter((part) => String(stored[part]) !== String(given[part]));
  if (others.length === 0) return;
  throw new InputError(`Cannot resume: the ${others.join(" and ")} patients have changed`, {
    code: "bad-config",
    path: folder,
    hint: "Continue with the data that the run was started with, or start another run",
  });
}

/**
 * Shared by all tasks: flags, a config file, and short error messages.
 *
 * A task declares its flags once. `--help` shows them, `--config FILE` sets them, and an unknown
 * one is an error that suggests the nearest known one.
 *
 * @module
 */

import { Command, CommanderError, InvalidArgumentError, type Option } from "commander";
import { InputError } from "../../lib/support/errors.ts";
import { nearest } from "../../lib/support/nearest.ts";
import { readJson } from "../../lib/support/read_text.ts";
import { projectPath, userPath } from "./paths.ts";

export { Option } from "commander";
export type { Command } from "commander";

/**
 * The command of a task, with `--config` and `--debug`. Add the task's own flags with commander's
 * `option` or `addOption`, then read them with {@linkcode parseTask}.
 *
 * @param name The name in `deno task <name>`.
 */
export function createTask(name: string, description: string): Command {
  return new Command(`deno task ${name}`)
    .description(description)
    .option(
      "--config <file>",
      "JSON file of flags in camelCase; flags on the command line " +
        "override it",
    )
    .option("--debug", "show the stack trace of an error")
    .helpOption("--help", "show this help")
    .showHelpAfterError("Add --help to see every flag and its default")
    .allowExcessArguments(false)
    // Nothing is coloured; to find out whether it could be asks for more of the environment
    .configureOutput({ getOutHasColors: () => false, getErrHasColors: () => false })
    .exitOverride();
}

/**
 * Reads the flags of a task: the command line over the config file over the defaults.
 *
 * A config value goes through the parser and choices of its flag, so errors are the same; a list
 * means its items joined by commas. Paths in it are relative to the user's current folder, as on
 * the command line.
 *
 * @typeParam T The flags by their camelCase names, without `config` and `debug`.
 * @param command From {@linkcode createTask}, with the task's flags and positional arguments.
 * @param args The command line; positional arguments are then in `command.processedArgs`.
 * @param upgrade Converts the keys of a config file from an older version.
 * @throws {InputError} If the config file cannot be read, has unknown keys or wrong values (all of
 * them are listed).
 * @throws {CommanderError} If the command line is wrong, or after `--help`; already printed.
 *
 * @example
 * ```ts
 * import { createTask, numberFlag, parseTask } from "./cli.ts";
 * import assert from "node:assert/strict";
 *
 * const command = createTask("train", "Train a model")
 *   .option("--epochs <n>", "passes over the data", numberFlag({ integer: true, min: 1 }), 150);
 * const flags = await parseTask<{ epochs: number }>(command, ["--epochs", "3"]);
 * assert.equal(flags.epochs, 3);
 * ```
 */
export async function parseTask<T extends object>(
  command: Command,
  args: readonly string[] = Deno.args,
  upgrade: (config: Record<string, unknown>) => Record<string, unknown> = (config) => config,
): Promise<T> {
  refuseTwice(command);
  command.parse([...args], { from: "user" });
  resolvePaths(command, ["config"]);
  const { config } = command.opts<{ config?: string }>();
  if (config !== undefined) applyConfig(command, upgrade(await readConfig(config)), config);
  const others = command.options.map((option) => option.attributeName());
  resolvePaths(command, others.filter((name) => name !== "config"));
  const { config: _config, debug: _debug, ...flags } = command.opts();
  return flags as T;
}

/** Resolves the paths among some flags. */
function resolvePaths(command: Command, names: readonly string[]): void {
  for (const option of command.options) {
    const name = option.attributeName();
    const value = command.getOptionValue(name);
    if (!names.includes(name) || typeof value !== "string") continue;
    if (!/<(folder|file|path)>/.test(option.flags) && !/\.[ct]sv$/i.test(value)) continue;
    const source = command.getOptionValueSource(name);
    const path = source === "default" ? projectPath(value) : userPath(value);
    command.setOptionValueWithSource(name, path, source);
  }
}

/** Makes it an error to give a flag twice: one of the two would be ignored. */
function refuseTwice(command: Command): void {
  const seen = new Set<string>();
  for (const option of command.options) {
    if (option.variadic) continue; // takes several values
    command.on(`option:${option.name()}`, () => {
      if (seen.has(option.name())) command.error(`error: option '${option.flags}' is given twice`);
      seen.add(option.name());
    });
  }
}

async function readConfig(path: string): Promise<Record<string, unknown>> {
  const value = await readJson(path, { what: "config", code: "bad-config" });
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw new InputError("Cannot read config: not a JSON object", {
      code: "bad-config",
      path,
      hint: 'Write the flags as {"name": value}',
    });
  }
  return value as Record<string, unknown>;
}

function applyConfig(command: Command, config: Record<string, unknown>, path: string): void {
  const options = new Map(
    command.options
      .filter((o) => o.attributeName() !== "config" && o.attributeName() !== "debug")
      .map((o) => [o.attributeName(), o]),
  );
  const problems: string[] = [];
  for (const [key, value] of Object.entries(config)) {
    const option = options.get(key);
    if (option === undefined) {
      const near = nearest(key, [...options.keys()]);
      problems.push(
        `unknown key "${key}"${near === undefined ? "" : ` (did you mean "${near}"?)`}`,
      );
      continue;
    }
    if (command.getOptionValueSource(key) === "cli") continue;
    try {
      command.setOptionValueWithSource(key, configValue(option, value), "config");
    } catch (error) {
      if (!(error instanceof InvalidArgumentError)) throw error;
      problems.push(`"${key}": ${shown(value)} is invalid: ${error.message}`);
    }
  }
  if (problems.length > 0) {
    throw new InputError(`Cannot use config: ${problems.join("; ")}`, {
      code: "bad-config",
      path,
      hint: `Known keys: ${[...options.keys()].join(", ")}`,
    });
  }
}

/** A JSON value for a message; large values are abbreviated. */
function shown(value: unknown): string {
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  const flat = Object.values(value).every((item) => typeof item !== "object");
  return Array.isArray(value) && flat && value.length <= 10 ? JSON.stringify(value) : "this value";
}

/** A JSON value through the parser of its flag. */
function configValue(option: Option, value: unknown): unknown {
  if (option.isBoolean() || option.negate) {
    if (typeof value !== "boolean") throw new InvalidArgumentError("expected true or false");
    return value;
  }
  const items = Array.isArray(value) ? value : [value];
  if (!items.every((item) => typeof item === "string" || typeof item === "number")) {
    throw new InvalidArgumentError("expected text, a number, or a list of these");
  }
  const text = items.join(",");
  return option.parseArg === undefined ? text : option.parseArg(text, undefined as never);
}

/** A parser for a flag that takes a number. */
export function numberFlag(
  options: { integer?: boolean; min?: number; max?: number } = {},
): (text: string) => number {
  const { integer = false, min = -Infinity, max = Infinity } = options;
  const kind = integer ? "an integer" : "a number";
  const limits = max < Infinity
    ? ` from ${min} to ${max}`
    : min > -Infinity
    ? ` of at least ${min}`
    : "";
  return (text) => {
    const value = text.trim() === "" ? NaN : Number(text);
    const ok = Number.isFinite(value) && value >= min && value <= max &&
      (!integer || Number.isSafeInteger(value));
    if (!ok) throw new InvalidArgumentError(`Expected ${kind}${limits}`);
    return value;
  };
}

/** A parser for a flag that takes numbers, separated by commas. */
export function numberListFlag(
  options: { integer?: boolean; min?: number; max?: number; length?: number } = {},
): (text: string) => number[] {
  const parse = numberFlag(options);
  const { length } = options;
  return (text) => {
    const values = text.split(",").map(parse);
    if (length !== undefined && values.length !== length) {
      throw new InvalidArgumentError(`Expected ${length} numbers separated by commas`);
    }
    return values;
  };
}

/** Exit statuses beside 0 and 130 (`docs/errors.md`). */
const FAILED = 1;
const WRONG_COMMAND_LINE = 2;

/**
 * Runs a task. An {@linkcode InputError} is printed as one paragraph, with its hint and code on the
 * next lines. Any other error is a bug; its message is printed. `--debug` adds the stack trace.
 *
 * The task exits with status 2 if the command line is wrong, and 1 after any other error.
 *
 * @param main The task; a number that it returns is the exit status.
 */
export async function runTask(main: () => Promise<number | void>): Promise<void> {
  try {
    Deno.exitCode = (await main()) ?? 0;
  } catch (thrown) {
    if (thrown instanceof CommanderError) {
      Deno.exit(thrown.exitCode === 0 ? 0 : WRONG_COMMAND_LINE);
    }
    const error = thrown instanceof Deno.errors.NotCapable ? notPermitted(thrown) : thrown;
    if (Deno.args.includes("--debug")) console.error(error);
    else console.error(paragraph(error).map(printable).join("\n"));
    const wrongCall = error instanceof InputError && error.code === "bad-command-line";
    // Not the exit code alone: worker threads may still be alive
    Deno.exit(wrongCall ? WRONG_COMMAND_LINE : FAILED);
  }
}

/** The lines printed for an error. */
function paragraph(error: unknown): string[] {
  if (!(error instanceof InputError)) {
    return [
      `error: ${error instanceof Error ? `${error.name}: ${error.message}` : error}`,
      "This is a bug; rerun with --debug and report the stack trace",
    ];
  }
  const hint = error.hint === "" ? [] : [error.hint];
  return [`error: ${error.message}`, ...hint, `Code: ${error.code} (docs/errors.md)`];
}

/** Text without control characters, which file names can contain. */
function printable(text: string): string {
  // deno-lint-ignore no-control-regex
  return text.replace(/[\0-\x08\x0b-\x1f\x7f-\x9f]/g, "\ufffd");
}

function notPermitted(cause: Error): InputError {
  return new InputError(`Deno has no permission: ${cause.message}`, {
    code: "no-permission",
    hint: "Run it with deno task, or grant the permission",
    cause,
  });
}

/**
 * Flags that several tasks share.
 *
 * @module
 */

import { type Command, InvalidArgumentError } from "commander";
import {
  choicesOf,
  CONFIG_GROUPS,
  type ConfigKey,
  DEFAULTS,
  describeKey,
  parseConfigValue,
} from "../../lib/training/config.ts";
import { Option } from "./cli.ts";

/** Choices longer than this stand in the description: they would push it aside. */
const SHORT = 12;

/**
 * A flag for a key of a run's configuration, with the key's own check and description.
 *
 * It has no value unless it is given: presets stand between the defaults and the flags.
 */
export function configFlag(key: ConfigKey): Option {
  const fallback = DEFAULTS[key];
  const choices = choicesOf(key)?.join("|");
  const value = choices !== undefined && choices.length <= SHORT
    ? choices
    : key === "data" || key === "out" || key === "prepared"
    ? "folder"
    : key === "splits"
    ? "file"
    : Array.isArray(fallback)
    ? "a,b"
    : typeof fallback === "number"
    ? "n"
    : "value";
  const name = key.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
  if (typeof fallback === "boolean") return new Option(`--${name}`, describeKey(key));
  const note = fallback === "" ? "" : ` (default: ${fallback})`;
  return new Option(`--${name} <${value}>`, describeKey(key) + note).argParser((text) => {
    try {
      return parseConfigValue(key, text);
    } catch (error) {
      throw new InvalidArgumentError((error as Error).message);
    }
  });
}

/** Adds a flag for every key of a run's configuration, in groups. */
export function addConfigFlags(command: Command): Command {
  for (const { title, keys } of CONFIG_GROUPS) {
    for (const key of keys) command.addOption(configFlag(key).helpGroup(`${title}:`));
  }
  return command;
}

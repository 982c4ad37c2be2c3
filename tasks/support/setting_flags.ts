import { InvalidArgumentError } from "commander";
import * as v from "valibot";
import {
  choicesOf,
  describeSetting,
  parseSetting,
  type Setting,
} from "../../lib/support/setting.ts";
import { Option } from "./cli.ts";

/** Longer lists of choices go into the description, to keep it aligned. */
const SHORT = 12;

/**
 * A flag for a setting. It has no value unless given: the default is the setting's, and presets may
 * change it.
 *
 * @param name The setting's key, such as "clipNorm"; the flag is `--clip-norm`.
 * @param value The placeholder for the value in `--help`, if the type does not give one.
 */
export function settingFlag(name: string, schema: Setting, value?: string): Option {
  const flag = `--${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
  const description = describeSetting(schema);
  const fallback = v.getDefault(schema);
  if (typeof fallback === "boolean") return new Option(flag, description);
  const choices = choicesOf(schema)?.join("|");
  const placeholder = value ??
    (choices !== undefined && choices.length <= SHORT
      ? choices
      : Array.isArray(fallback)
      ? "a,b"
      : typeof fallback === "number"
      ? "n"
      : "value");
  const note = fallback === "" ? "" : ` (default: ${fallback})`;
  return new Option(`${flag} <${placeholder}>`, description + note).argParser((text) => {
    try {
      return parseSetting(schema, text);
    } catch (error) {
      throw new InvalidArgumentError((error as Error).message);
    }
  });
}

import type { Command } from "commander";
import { CONFIG_GROUPS, type ConfigKey, ConfigSchema } from "../../lib/training/config_schema.ts";
import type { Option } from "./cli.ts";
import { settingFlag } from "./setting_flags.ts";

/** Placeholders for values in `--help`, if the type does not give one. */
const VALUES: Partial<Record<ConfigKey, string>> = {
  data: "folder",
  out: "folder",
  init: "folder",
  prepared: "folder",
  splits: "file",
};

/** A flag for a key of a run's configuration. */
export function configFlag(key: ConfigKey): Option {
  return settingFlag(key, ConfigSchema.entries[key], VALUES[key]);
}

/** Adds a flag for every key of a run's configuration, in groups. */
export function addConfigFlags(command: Command): Command {
  for (const { title, keys } of CONFIG_GROUPS) {
    for (const key of keys) command.addOption(configFlag(key).helpGroup(`${title}:`));
  }
  return command;
}

/**
 * Writes docs/config.md from the keys themselves:
 *
 *     deno run --allow-read --allow-write docs/write_config.ts
 *
 * @module
 */

import { join } from "@std/path";
import { choicesOf, describeSetting } from "../lib/support/setting.ts";
import {
  CONFIG_GROUPS,
  type ConfigKey,
  ConfigSchema,
  DEFAULTS,
  PRESETS,
  RESUMABLE_KEYS,
} from "../lib/training/config_schema.ts";

/** Where the document lies. */
export const CONFIG_DOCUMENT = join(import.meta.dirname!, "config.md");

/** The document: every key with its default, every preset with what it changes. */
export function configDocument(): string {
  const groups = CONFIG_GROUPS.map(({ title, keys }) =>
    `### ${title}\n\n| key | default | what it is |\n| --- | --- | --- |\n` +
    keys.map((key) => `| \`${key}\` | ${code(DEFAULTS[key])} | ${description(key)} |\n`).join("")
  );
  const presets = Object.entries(PRESETS).map(([name, overrides]) => {
    const changes = Object.entries(overrides).map(([key, value]) => `\`${key}\` ${code(value)}`);
    return `| \`${name}\` | ${changes.join(", ") || "the defaults below"} |\n`;
  });
  return `<!-- Written by docs/write_config.ts; change lib/training/config_schema.ts instead. -->

# The configuration of a run

Each key is a flag of \`deno task train\` (\`learningRate\` is \`--learning-rate\`) and a key of the JSON
file that \`--config FILE\` takes:

\`\`\`json
{ "data": "data/Task05_Prostate", "size": [256, 256], "epochs": 50 }
\`\`\`

Flags override the file, the file overrides the preset, and the preset overrides the defaults. Unknown
keys are errors. A run stores the result as \`config.json\`:
\`deno task train --config runs/NAME/config.json --out runs/OTHER\` repeats it. A resumed run may
change ${RESUMABLE_KEYS.map((key) => `\`${key}\``).join(", ")}.

## Presets

| preset | what it changes |
| --- | --- |
${presets.join("")}
Without \`preset\`, data.example gets \`example\` and any other data set \`general\`.

## Keys

${groups.join("\n")}`;
}

function description(key: ConfigKey): string {
  const schema = ConfigSchema.entries[key];
  const choices = choicesOf(schema)?.map((choice) => `\`${choice}\``).join(", ");
  return describeSetting(schema).replaceAll("|", "\\|").replaceAll("<", "&lt;") +
    (choices === undefined ? "" : ` (${choices})`);
}

function code(value: unknown): string {
  return value === "" ? "empty" : `\`${String(value)}\``;
}

if (import.meta.main) await Deno.writeTextFile(CONFIG_DOCUMENT, configDocument());

/**
 * `deno task import`: makes a run of a model from PyTorch.
 *
 * @module
 */

import "./support/interrupt.ts";
import { ASKED_KEYS, importModel, OTHER_KEYS } from "../lib/exchange/import_model.ts";
import { InputError } from "../lib/support/errors.ts";
import { describeSetting } from "../lib/support/setting.ts";
import { type ConfigOverrides, ConfigSchema } from "../lib/training/config.ts";
import { createTask, parseTask, runTask } from "./support/cli.ts";
import { configFlag } from "./support/flags.ts";
import { requireFlag } from "./support/run.ts";

const command = createTask(
  "import",
  "Make a run from a model that was trained in PyTorch: the state dicts of the coarse and the " +
    "fine automaton, as the Med-NCA tutorial saves them. They are read as data; no code in them " +
    "is run. Settings that are not in the files must be given, one by one or with --preset.",
)
  .option("--from <file...>", "model1.pth and model2.pth, coarse then fine")
  .option("--out <folder>", "the folder of the run, for example runs/NAME")
  .addOption(configFlag("preset").helpGroup("All settings at once:"));
for (const key of ASKED_KEYS) {
  const flag = configFlag(key).helpGroup("Settings that are not in the files:");
  flag.description = describeSetting(ConfigSchema.entries[key]); // without the default
  command.addOption(flag);
}
for (const key of OTHER_KEYS) {
  command.addOption(configFlag(key).helpGroup("Settings with a default:"));
}

await runTask(async () => {
  const { from = [], out, ...settings } = await parseTask<
    ConfigOverrides & { from?: string[]; out?: string }
  >(command);
  const [coarse, fine, ...more] = from;
  if (coarse === undefined || fine === undefined || more.length > 0) {
    throw new InputError(`Cannot import: two files are needed, got ${from.length}`, {
      code: "bad-command-line",
      hint: "Give --from model1.pth --from model2.pth, the coarse automaton first",
    });
  }
  const folder = requireFlag(out, "out", "Give a folder for the run, such as runs/NAME");
  const config = await importModel({ from: [coarse, fine], out: folder, settings });
  const { channels, hidden, kernels, steps, fireRate } = config;
  console.log(
    `${folder}  ${channels} channels, ${hidden} hidden units, kernels ${kernels.join(" and ")}, ` +
      `steps ${steps.join(" and ")}, fire rate ${fireRate}`,
  );
  console.log(`Next  deno task predict --run ${folder} --image FILE --out masks`);
});

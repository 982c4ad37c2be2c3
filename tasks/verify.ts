/**
 * `deno task verify`: everything that is wrong with a data set.
 *
 * @module
 */

import { formatVerification, verifyData, type VerifyOptions } from "../lib/slices/mod.ts";
import { createTask, parseTask, runTask } from "./support/cli.ts";
import { caseBar } from "./support/case_bar.ts";
import { axisFlag, channelFlag, labelsFlag } from "./support/slice_flags.ts";

const command = createTask(
  "verify",
  "Check a data set as training will use it, and list everything that is wrong with it at once, " +
    "errors and warnings apart. Changes nothing. The exit status is 1 where there are errors.",
)
  .option("--data <folder>", "the data set", "data.example")
  .addOption(axisFlag())
  .addOption(channelFlag())
  .addOption(labelsFlag());

await runTask(async () => {
  const options = await parseTask<VerifyOptions>(command);
  using bar = caseBar();
  const verification = await verifyData({ ...options, onProgress: bar.show });
  bar[Symbol.dispose]();
  console.log(formatVerification(verification));
  return verification.problems.some(({ severity }) => severity === "error") ? 1 : 0;
});

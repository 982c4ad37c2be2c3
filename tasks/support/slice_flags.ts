/**
 * Flags of the tasks that cut a data set into slices, or look at how it would be cut.
 *
 * @module
 */

import { numberFlag, numberListFlag, Option } from "./cli.ts";

/** `--axis`, 2 unless given. */
export function axisFlag(): Option {
  return new Option("--axis <n>", "axis to cut along, 2 is axial in most data sets")
    .argParser(numberFlag({ integer: true, min: 0, max: 2 })).default(2);
}

/** `--channel`, 0 unless given. */
export function channelFlag(): Option {
  return new Option("--channel <n>", "channel of 4D volumes")
    .argParser(numberFlag({ integer: true, min: 0 })).default(0);
}

/** `--labels`, all above 0 unless given. */
export function labelsFlag(): Option {
  return new Option(
    "--labels <values>",
    "label values to keep, as 1,2; foreground is all above 0",
  ).argParser((text) => text === "foreground" ? text : numberListFlag({ integer: true })(text))
    .default("foreground");
}

/**
 * The phases of both stages, printed by a process of its own with the tasks' V8 flags.
 *
 * @module
 */

import { measurePhases } from "./phases.ts";
import { phaseTable } from "./table.ts";

for (const size of JSON.parse(Deno.args[0]!) as number[]) {
  for (const stage of [{ size: size / 4, kernel: 7, steps: 40 }, { size, kernel: 3, steps: 20 }]) {
    const { size, kernel, steps } = stage;
    console.log(`${size}×${size}, kernel ${kernel}, ${steps} steps, one thread\n`);
    console.log(`${phaseTable(await measurePhases(stage))}\n`);
  }
}

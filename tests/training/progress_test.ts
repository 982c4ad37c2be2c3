import assert from "node:assert/strict";
import type { MedNca } from "../../lib/nca/med_nca.ts";
import { terminalProgress } from "../../lib/training/progress.ts";

/** What is printed on standard error meanwhile. */
function printed(use: () => void): string[] {
  const lines: string[] = [];
  const { error } = console;
  console.error = (text: string) => lines.push(text);
  try {
    use();
  } finally {
    console.error = error;
  }
  return lines;
}

const METRICS = {
  ...{ epoch: 2, loss: 1.23456, dice: 0.81, bce: 0.42456, lr: 1e-3, seconds: 75, classes: [] },
  ...{ valLoss: 1.5, valDice: 1, valBce: 0.5, valScore: 0.75, valVolumeDice: 0.87654 },
};

Deno.test("terminalProgress prints a line about each epoch, with the scores there are", () => {
  const options = { epochs: 5, best: true, model: {} as MedNca };
  const progress = terminalProgress();
  const classes = [
    { name: "a", dice: 0.25, valVolumeDice: 0.5 },
    { name: "b", dice: 0.75, valVolumeDice: null },
  ];
  const without = { valLoss: null, valDice: null, valBce: null, valScore: null };
  const lines = printed(() => {
    progress.epoch(METRICS, options);
    progress.epoch({ ...METRICS, classes }, { ...options, best: false });
    progress.epoch({ ...METRICS, ...without, valVolumeDice: null }, { ...options, best: false });
  });
  const start = "Epoch 2/5  loss 1.2346 = dice 0.8100 + bce 0.4246";
  const scores = "  validation: loss 1.5000, volume Dice 0.8765";
  assert.deepEqual(lines, [
    `${start}${scores}, the best so far  (1 min 15 s)`,
    `${start}${scores} (a 0.5000, b –)  (1 min 15 s)`,
    `${start}  (1 min 15 s)`,
  ]);
});

Deno.test({
  name:
    "terminalProgress shows the first step at once (needs a standard error that is no terminal)",
  ignore: Deno.stderr.isTerminal(),
  fn() {
    const lines = printed(() =>
      terminalProgress().step({
        ...{ epoch: 2, epochs: 5, batch: 3, batches: 6, loss: 1.2345, dice: 0.8, bce: 0.4345 },
        ...{ lr: 1e-3, secondsLeft: 65 },
      })
    );
    assert.equal(lines.length, 1);
    assert.match(
      lines[0]!,
      /^Epoch 2\/5 .* 3\/6 {2}loss 1\.23[45] = dice 0\.800 \+ bce 0\.43[45] {2}lr 1e-3 {2}1 min 05 s left$/,
    );
  },
});

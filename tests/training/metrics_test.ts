import assert from "node:assert/strict";
import { join } from "@std/path";
import {
  describeTag,
  type EpochMetrics,
  epochScalars,
  stepScalars,
  writeMetrics,
} from "../../lib/training/metrics.ts";
import { inFolder } from "../support/in_folder.ts";

const ROW: EpochMetrics = {
  epoch: 1,
  loss: 1.25,
  dice: 0.25,
  bce: 1,
  lr: 1e-3,
  valLoss: 0.875,
  valDice: 0.375,
  valBce: 0.5,
  valScore: 0.6,
  valVolumeDice: 0.7,
  classes: [],
  seconds: 2,
};

const ZONES = [
  { name: "anterior", dice: 0.25, valVolumeDice: 0.8 },
  { name: "posterior", dice: 0.75, valVolumeDice: null },
];

Deno.test("writeMetrics() writes the tutorial's columns, and two for each of several classes", async () => {
  await inFolder(async (folder) => {
    const path = join(folder, "metrics.csv");
    const read = () => Deno.readTextFile(path);
    const none = {
      valLoss: null,
      valDice: null,
      valBce: null,
      valScore: null,
      valVolumeDice: null,
    };
    await writeMetrics(path, [ROW, { ...ROW, ...none, epoch: 2 }]);
    assert.equal(
      await read(),
      "epoch,loss,dice,bce,lr,val_loss,val_dice,val_bce,val_volume_dice,seconds\n" +
        "1,1.25,0.25,1,0.001,0.875,0.375,0.5,0.7,2\n" +
        "2,1.25,0.25,1,0.001,,,,,2\n",
    );
    await writeMetrics(path, [{ ...ROW, classes: ZONES }]);
    assert.equal(
      await read(),
      "epoch,loss,dice,bce,lr,val_loss,val_dice,val_bce,val_volume_dice," +
        "dice (anterior),val_volume_dice (anterior),dice (posterior),val_volume_dice (posterior)," +
        "seconds\n1,1.25,0.25,1,0.001,0.875,0.375,0.5,0.7,0.25,0.8,0.75,,2\n",
    );
    await writeMetrics(path, []);
    assert.equal((await read()).split("\n").length, 2);
  });
});

Deno.test("epochScalars() keeps the tutorial's tags, whose Dice is a loss, and adds the scores", () => {
  assert.deepEqual(epochScalars(ROW), {
    "Loss/epoch": 1.25,
    "Dice/epoch": 0.25,
    "BCE/epoch": 1,
    "DiceScore/epoch": 0.75,
    "LearningRate": 1e-3,
    "Val/Loss": 0.875,
    "Val/Dice": 0.375,
    "Val/BCE": 0.5,
    "Val/DiceScore": 0.6,
    "Val/VolumeDice": 0.7,
  });
  const several = epochScalars({ ...ROW, classes: ZONES });
  assert.deepEqual(Object.entries(several).slice(10), [
    ["DiceScore/epoch (anterior)", 0.75],
    ["Val/VolumeDice (anterior)", 0.8],
    ["DiceScore/epoch (posterior)", 0.25],
  ]);
  assert.deepEqual(stepScalars({ loss: 3, dice: 1, bce: 2 }), {
    "Loss/batch": 3,
    "Dice/batch": 1,
    "BCE/batch": 2,
  });
});

Deno.test("describeTag() says of every tag what it is, and of a Dice loss that it is one", () => {
  const tags = [
    ...Object.keys(epochScalars({ ...ROW, classes: ZONES })),
    ...Object.keys(stepScalars(ROW)),
  ];
  for (const tag of tags) assert.notEqual(describeTag(tag) ?? "", "", tag);
  for (const tag of ["Dice/batch", "Dice/epoch", "Val/Dice"]) {
    assert.match(describeTag(tag)!, /^Dice \*\*loss\*\*.*: 0 is perfect/);
  }
  for (const tag of ["DiceScore/epoch (anterior)", "Val/VolumeDice (anterior)", "Val/DiceScore"]) {
    assert.match(describeTag(tag)!, /score .*: 1 is perfect$/);
  }
  assert.equal(describeTag("Other"), undefined);
});

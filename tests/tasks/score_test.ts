import assert from "node:assert/strict";
import { join } from "@std/path";
import { writeVolume } from "../../lib/volume/mod.ts";
import { ball } from "../evaluation/support.ts";
import { inFolder, runTaskIn } from "./support/run_task.ts";

Deno.test("deno task score scores masks of any program, and writes a summary", () =>
  inFolder(async (folder) => {
    for (const [i, radius] of [2, 3].entries()) {
      const { image, label } = ball([9, 9, 9], { radius: 3 });
      const mask = ball([9, 9, 9], { radius }).label;
      const name = `case_${i}.nii.gz`;
      await writeVolume(join(folder, "labels", name), { data: label, like: image });
      await writeVolume(join(folder, "made", name), { data: mask, like: image });
    }
    const flags = ["--prediction", "made", "--label", "labels"];
    const { code, out, error } = await runTaskIn(folder, "score", ...flags, "--out", "scores");
    assert.equal(code, 0, error);
    // 2 × 32 / (32 + 136): so many voxels lie within 2 and 3 of a corner that eight of them share
    assert.match(out, /case_0 {2}0\.3810\n {2}case_1 {2}1\.0000\n2 cases\n/);
    assert.match(out, /volume Dice +0\.6905 .*\n/);
    const summary = JSON.parse(await Deno.readTextFile(join(folder, "scores", "summary.json")));
    assert.equal(summary.metric_per_case[0].metrics["1"].n_pred, 32);
    assert.match(await Deno.readTextFile(join(folder, "scores", "summary.csv")), /\ncase_1,1,1,/);

    await Deno.remove(join(folder, "made", "case_0.nii.gz"));
    const rest = await runTaskIn(folder, "score", ...flags);
    assert.equal(rest.code, 0);
    assert.match(rest.error, /warning: no mask in made: case_0/);
    const two = await runTaskIn(folder, "score", ...flags, "--labels", "1;2");
    assert.match(two.out, /case_1 {2}1\.0000\n1 case\n {2}1 \(1\):\n[^]*\n {2}2 \(2\):\n/);
    const none = await runTaskIn(folder, "score", "--prediction", "made");
    assert.equal(none.code, 2);
    assert.match(none.error, /--label/);
  }));

import assert from "node:assert/strict";
import { join } from "@std/path";
import { openViews } from "../../lib/evaluation/open_views.ts";
import { fixedModel, inFolder, inputsOf, writeData } from "./support.ts";

Deno.test("openViews opens a case once for models that see it alike, and again for others", () =>
  inFolder(async (folder) => {
    const [source] = await writeData(folder, [[8, 8, 4]]);
    const model = fixedModel([], 1);
    const plain = { model, inputs: inputsOf() };
    const larger = { model, inputs: { ...inputsOf(), smallest: [32, 32] as const } };
    const clipped = { model, inputs: inputsOf({ normalize: "percentile", clip: [40, 90] }) };
    const { views, opened, warnings } = await openViews([plain, larger, clipped], source!, true);
    assert.deepEqual(warnings, []);
    assert.equal(views[0]!.opened, opened);
    assert.equal(views[1]!.opened, opened, "only its grid differs");
    assert.deepEqual(views.map(({ inputs }) => inputs.smallest), [[4, 4], [32, 32], [4, 4]]);
    // The values are 0 to 6 outside the ball: its lowest two fifths are cut off for the third model
    const smallest = views.map((view) => view.opened.slice(0).data.filter((v) => v === 0).length);
    assert.ok(smallest[2]! > smallest[0]!, `${smallest}`);
    assert.ok(opened.label(2).data.includes(1));
    const unlabelled = await openViews([plain], source!, false);
    assert.equal(unlabelled.opened.labels, null);
  }));

Deno.test("openViews says all that is wrong with a case at once, and passes warnings on", () =>
  inFolder(async (folder) => {
    const [source] = await writeData(folder, [[8, 8, 4]], { radius: -1 });
    const models = [{ model: fixedModel([], 1), inputs: inputsOf() }];
    const { warnings } = await openViews(models, source!, true);
    assert.deepEqual(warnings.length, 1);
    assert.match(warnings[0]!, /label is empty/);
    await Deno.writeTextFile(join(folder, "images", "case_0.nii.gz"), "no volume");
    await assert.rejects(openViews(models, source!, true), {
      name: "InputError",
      code: "bad-image",
      message: /^Cannot read volume: .*case_0\.nii\.gz$/,
      hint: /Volumes are/,
    });
  }));

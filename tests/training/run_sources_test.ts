import assert from "node:assert/strict";
import { join } from "@std/path";
import { modelInputs } from "../../lib/slices/model_inputs.ts";
import { InputError } from "../../lib/support/errors.ts";
import { resolveConfig } from "../../lib/training/config.ts";
import { createRun, runPaths } from "../../lib/training/run_folder.ts";
import {
  requireSameInputs,
  requireSameSources,
  writeSources,
} from "../../lib/training/run_sources.ts";
import { withTinyData } from "./support/tiny_data.ts";

Deno.test("requireSameSources() names the images and labels that are not what they were", () =>
  withTinyData(async ({ train, folder }) => {
    const [out, data] = [join(folder, "run"), join(folder, "data")];
    await requireSameSources(out, data); // a run of an older version
    await writeSources(out, train.manifest.files);
    await requireSameSources(out, data);
    await Deno.writeTextFile(join(data, "labels", "case_1.nii.gz"), "other");
    await Deno.utime(join(data, "images", "case_0.nii.gz"), 1, 1); // as a copy has
    await Deno.writeTextFile(join(data, "images", "case_2.nii.gz"), "other");
    await Deno.remove(join(data, "images", "case_3.nii.gz"));
    await assert.rejects(requireSameSources(out, data), (error) => {
      assert.ok(error instanceof InputError);
      for (
        const change of [
          /labels\/case_1\.nii\.gz has changed/,
          /images\/case_2\.nii\.gz has changed/,
          /images\/case_3\.nii\.gz is missing/,
        ]
      ) assert.match(error.message, change);
      assert.doesNotMatch(error.message, /case_0/);
      assert.match(error.hint, /--accept-changes$/);
      return true;
    });
    await Deno.writeTextFile(runPaths(out).sources, "[{}]");
    await assert.rejects(requireSameSources(out, data), { code: "bad-run" });
  }));

Deno.test("requireSameInputs() names what the slices are no longer made alike in", () =>
  withTinyData(async ({ train, folder }) => {
    const out = join(folder, "run");
    const slices = modelInputs(train.manifest, ["case_0", "case_1"]);
    const split = { seed: 0, train: ["case_0", "case_1"], validation: [], test: [] };
    await createRun(out, { config: resolveConfig({}), split, slices });
    await requireSameInputs(out, slices);
    await requireSameInputs(out, { ...slices, trained: null });
    await assert.rejects(
      requireSameInputs(out, { ...slices, smallest: [16, 20], channels: 2 }),
      /the number of image channels was 1, now 2; the size was \[16,16\], now \[16,20\]/,
    );
    const foreground = [{ low: 0, high: 1, mean: 0.5, deviation: 0.25 }];
    await assert.rejects(
      requireSameInputs(out, { ...slices, foreground }),
      /of the foreground was/,
    );
    const targets = { ...slices.targets, kind: "regions" } as const;
    await assert.rejects(requireSameInputs(out, { ...slices, targets }), /the classes was /);
    await assert.rejects(requireSameInputs(out, { ...slices, spacing: [1, 1] }), /the spacing was/);
  }));

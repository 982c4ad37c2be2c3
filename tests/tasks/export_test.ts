import assert from "node:assert/strict";
import { join } from "@std/path";
import { Random } from "../../lib/support/random.ts";
import { createVolume } from "../../lib/volume/create_volume.ts";
import { readVolume, writeVolume } from "../../lib/volume/mod.ts";
import { findPython, runPython } from "../../tasks/support/python.ts";
import { inFolder, runTaskIn } from "./support/run_task.ts";

const ROOT = new URL("../../", import.meta.url).pathname;
const MODEL = join(ROOT, "models/hippocampus");
const python = await findPython("import onnx, onnxruntime, nibabel");

/** The code below `<!-- test: python -->` in docs/exchange.md. */
async function example(): Promise<string> {
  const text = await Deno.readTextFile(join(ROOT, "docs/exchange.md"));
  return /<!-- test: python -->\n+```python\n([^]*?)```/.exec(text)![1]!;
}

/** A volume on which the model finds something: blurred blobs on noise, no size a multiple of 4. */
async function writeImage(path: string): Promise<void> {
  const random = new Random(4);
  const shape = [34, 45, 31] as const;
  const data = Float32Array.from({ length: shape[0] * shape[1] * shape[2] }, (_, i) => {
    const [x, y, z] = [i % shape[0], Math.floor(i / shape[0]) % shape[1], i / shape[0] / shape[1]];
    const distance = Math.hypot((x - 17) / 8, (y - 20) / 16, (z - 15) / 6);
    return 100 * Math.exp(-(distance ** 2)) + 30 * random.uniform();
  });
  const like = createVolume({ data, shape: [...shape], spacing: [1, 1, 1] });
  await writeVolume(path, { data, like });
}

Deno.test({
  name: "export: onnx.checker takes the file, and the example of docs/exchange.md predicts as " +
    "predict does (needs Python with onnx, onnxruntime, nibabel)",
  ignore: python === undefined,
  fn: () =>
    inFolder(async (folder) => {
      await writeImage(join(folder, "image.nii.gz"));
      const exported = await runTaskIn(
        folder,
        "export",
        ...["--run", MODEL, "--to", "onnx", "--out", "model.onnx"],
      );
      assert.equal(exported.code, 0, exported.error);
      assert.match(exported.out, /^model\.onnx {2}\d\d kB/);
      const check =
        "import onnx; onnx.checker.check_model(onnx.load('model.onnx'), full_check=True)";
      await runPython(python!, ["-c", check], { cwd: folder });
      await runPython(python!, ["-c", await example()], { cwd: folder });
      const predict = await runTaskIn(
        folder,
        "predict",
        ...["--run", MODEL, "--image", "image.nii.gz", "--out", "ours"],
      );
      assert.equal(predict.code, 0, predict.error);
      const theirs = await readVolume(join(folder, "mask.nii.gz"));
      const ours = await readVolume(join(folder, "ours/image.nii.gz"));
      const found = ours.data.reduce((sum, value) => sum + value, 0);
      assert.ok(found > 100, `${found} voxels`);
      assert.deepEqual(theirs.data, ours.data);
    }),
});

Deno.test("export refuses a cross-validation, and a folder that is no run", () =>
  inFolder(async (folder) => {
    for (const fold of ["fold_0", "fold_1"]) {
      await Deno.mkdir(join(folder, "run", fold), { recursive: true });
      await Deno.copyFile(join(MODEL, "config.json"), join(folder, "run", fold, "config.json"));
    }
    const folds = await runTaskIn(folder, "export", "--run", "run");
    assert.equal(folds.code, 1);
    assert.match(folds.error, /is a cross-validation.*\nExport one of them with --run run\/fold_0/);
    const none = await runTaskIn(folder, "export", "--run", "nowhere");
    assert.match(none.error, /the folder is not a run: nowhere/);
    const missing = await runTaskIn(folder, "export");
    assert.equal(missing.code, 2);
  }));

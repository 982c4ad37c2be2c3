import assert from "node:assert/strict";
import { join } from "@std/path";
import { initBackend } from "../../lib/backend.ts";
import { InputError } from "../../lib/support/errors.ts";
import { silentProgress } from "../../lib/training/progress.ts";
import { trainMedNca } from "../../lib/training/train_med_nca.ts";
import { TINY, withTinyData, writeTinyVolumes } from "../training/support/tiny_data.ts";

await initBackend({ backend: "ops" });

Deno.test("two runs cannot train in one folder, resumed or not", async () => {
  await withTinyData(async ({ train, folder }) => {
    const out = join(folder, "run");
    const options = { train, config: { ...TINY, epochs: 8 }, out };
    const others: Promise<unknown>[] = [];
    const progress = {
      ...silentProgress,
      step: () => {
        if (others.length > 0) return;
        for (const resume of [false, true]) {
          others.push(trainMedNca({ ...options, resume }).catch((error) => error));
        }
      },
    };
    (await trainMedNca({ ...options, progress })).model.dispose();
    for (const error of await Promise.all(others)) {
      assert.ok(error instanceof InputError, `${error}`);
      assert.match(error.message, /^Cannot train: another process is using the folder/);
    }
    // The lock goes with the run
    (await trainMedNca({ ...options, resume: true })).model.dispose();
  });
});

Deno.test("the same command again names --resume; a run without a checkpoint starts again", async () => {
  await withTinyData(async ({ train, folder }) => {
    const out = join(folder, "run");
    const options = { train, config: { ...TINY, epochs: 1 }, out };
    (await trainMedNca(options)).model.dispose();
    await assert.rejects(trainMedNca(options), (error) => {
      assert.ok(error instanceof InputError);
      assert.match(error.hint, /Continue it with deno task train --out .*run --resume/);
      return true;
    });
    // Weights without a checkpoint are not overwritten
    await Deno.remove(join(out, "checkpoint.safetensors"));
    await assert.rejects(trainMedNca(options), (error) => {
      assert.match((error as InputError).hint, /weights but no checkpoint/);
      return true;
    });
    // Killed before its first checkpoint: there is nothing to lose
    for (const name of ["model1", "model2"]) await Deno.remove(join(out, `${name}.safetensors`));
    await assert.rejects(trainMedNca({ ...options, resume: true }), (error) => {
      assert.match((error as InputError).hint, /start again without --resume/);
      return true;
    });
    (await trainMedNca(options)).model.dispose();
  });
});

Deno.test("a permission that Deno was not given is reported at the start, without a stack", async () => {
  const folder = await Deno.makeTempDir();
  try {
    await writeTinyVolumes(join(folder, "data"));
    const root = new URL("../../", import.meta.url).pathname;
    const runs = [
      ["--allow-read", "--allow-env", "--allow-sys", "--allow-ffi"],
      ["--allow-write", "--allow-env", "--allow-sys", "--allow-ffi"],
    ];
    for (const permissions of runs) {
      const { code, stderr } = await new Deno.Command(Deno.execPath(), {
        args: ["run", "--no-prompt", "--quiet", "--config", join(root, "deno.json")]
          .concat(permissions, join(root, "tasks/train.ts"))
          .concat("--data", "data", "--out", "run", "--backend", "ops"),
        cwd: folder,
      }).output();
      const error = new TextDecoder().decode(stderr);
      assert.equal(code, 1);
      assert.match(error, /^error: .*permission/);
      assert.doesNotMatch(error, /\n\s+at /);
    }
    assert.deepEqual((await Array.fromAsync(Deno.readDir(folder))).map(({ name }) => name), [
      "data",
    ]);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

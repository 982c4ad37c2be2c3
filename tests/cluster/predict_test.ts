import assert from "node:assert/strict";
import { join } from "@std/path";
import { parseCsv } from "../../lib/support/csv.ts";
import { makeRun } from "../tasks/support/make_run.ts";
import { inFolder, runTaskIn } from "../tasks/support/run_task.ts";
import { writeTinyVolumes } from "../training/support/tiny_data.ts";
import { hasSlurm, NEEDS_SLURM, withSlurm } from "./support/slurm.ts";
import { until } from "./support/until.ts";

const readJson = async (path: string) => JSON.parse(await Deno.readTextFile(path));
const exists = (path: string) => Deno.stat(path).then(() => true, () => false);

/** The masks in some folders, by name; none may be there twice. */
async function masksIn(...folders: string[]): Promise<Map<string, Uint8Array>> {
  const masks = new Map<string, Uint8Array>();
  for (const folder of folders) {
    for await (const { name } of Deno.readDir(folder)) {
      if (!name.endsWith(".nii.gz")) continue;
      assert.ok(!masks.has(name), `${name} is there twice`);
      masks.set(name, await Deno.readFile(join(folder, name)));
    }
  }
  return new Map([...masks].sort(([a], [b]) => a < b ? -1 : 1));
}

Deno.test({
  name: `on Slurm, shards have every mask once, and a broken volume is named ${NEEDS_SLURM}`,
  ignore: !hasSlurm,
  fn: () =>
    inFolder(async (root) => {
      const folder = await Deno.realPath(root);
      await writeTinyVolumes(join(folder, "data"), { cases: 40, size: 12 });
      const split = { train: ["case_0"], validation: ["case_1"], test: ["case_2"] };
      await makeRun(join(folder, "run"), join(folder, "data"), { split });
      const broken = join(folder, "data/images/case_17.nii.gz");
      const sound = await Deno.readFile(broken);
      await Deno.writeFile(broken, sound.subarray(0, sound.length / 2));

      const request = ["--run", "run", "--image", "data/images"];
      const one = await runTaskIn(folder, "predict", ...request, "--out", "one");
      assert.match(one.error, /Cannot predict 1 of 40 images:\n {2}case_17\.nii\.gz/);
      const masks = await masksIn(join(folder, "one"));
      assert.equal(masks.size, 39);

      await withSlurm(async ({ call }) => {
        const jobs = (...flags: string[]) =>
          runTaskIn(folder, "cluster", "predict", "--out", "many", "--submit", ...flags);
        const submit = await jobs(...request, "--shards", "4", "--cpus", "1");
        assert.equal(submit.code, 0, submit.error);
        assert.match(submit.out, /40 images in 4 shards/);
        const many = join(folder, "many");
        const shards = [1, 2, 3, 4].map((shard) => join(many, `shard_000${shard}`));
        const isIdle = async () => await call("squeue", "-h") === "";
        await until("all is gathered", async () => await exists(join(many, "report.json")));
        await until("the queue is empty", isIdle);

        assert.deepEqual(await masksIn(...shards), masks);
        const report = await readJson(join(many, "report.json"));
        assert.deepEqual([report.images, report.masks, report.missing], [40, 39, []]);
        assert.deepEqual(report.failed.map(({ name }: { name: string }) => name), [
          "case_17.nii.gz",
        ]);
        assert.match(report.failed[0].why, /ends early/);
        const volumes = parseCsv(await Deno.readTextFile(join(many, "volumes.csv")));
        const alone = parseCsv(await Deno.readTextFile(join(folder, "one/volumes.csv")));
        assert.deepEqual(volumes[0], ["shard", ...alone[0]!]);
        const plain = volumes.slice(1).map((row) => row.slice(1)).sort();
        assert.deepEqual(plain, alone.slice(1).sort());

        const status = await runTaskIn(folder, "cluster", "status", "--out", "many");
        assert.match(
          status.out,
          /^3 done, 1 failed of 4 jobs\n {2}shard_000\d +job \d +failed: no mask of 1 image\n/,
        );

        await Deno.writeFile(broken, sound);
        const again = await jobs("--resume");
        assert.match(again.out, /Jobs {6}1 of 4 to do/);
        await until("it is done", async () => {
          const { masks } = await readJson(join(many, "report.json"));
          return masks === 40;
        });
        await until("the queue is empty", isIdle);
        assert.equal((await masksIn(...shards)).size, 40);
      });
    }),
});

import assert from "node:assert/strict";
import { join, resolve } from "@std/path";
import { makeRun } from "../tasks/support/make_run.ts";
import { inFolder, runTaskIn } from "../tasks/support/run_task.ts";
import { writeTinyVolumes } from "../training/support/tiny_data.ts";
import { hasSlurm, withSlurm } from "./support/slurm.ts";

const SNAKEFILE = resolve(import.meta.dirname!, "../../docs/cluster/Snakefile");

const isReady = hasSlurm && await hasPlugin();

async function hasPlugin(): Promise<boolean> {
  try {
    const { success, stdout } = await new Deno.Command("snakemake", { args: ["--help"] }).output();
    return success && new TextDecoder().decode(stdout).includes("--slurm-");
  } catch {
    return false;
  }
}

/** Runs Snakemake in a folder, on a plan there. */
async function snakemake(folder: string, out: string, ...flags: string[]): Promise<string> {
  const { success, stdout, stderr } = await new Deno.Command("snakemake", {
    args: [
      ...["--snakefile", SNAKEFILE, "--nocolor", ...flags],
      ...["--config", `out=${out}`, "threads=1", `deno=${Deno.execPath()}`],
    ],
    cwd: folder,
  }).output();
  const text = [stdout, stderr].map((bytes) => new TextDecoder().decode(bytes)).join("");
  assert.ok(success, text);
  return text;
}

Deno.test({
  name: "Snakemake runs the same graph here and on Slurm, and a second start does nothing " +
    "(needs snakemake with its plugin for Slurm, slurmctld, slurmd and slurm-client)",
  ignore: !isReady,
  fn: () =>
    inFolder(async (root) => {
      const folder = await Deno.realPath(root);
      await writeTinyVolumes(join(folder, "data"), { size: 12 });
      const split = { train: ["case_0"], validation: ["case_1"], test: ["case_2"] };
      await makeRun(join(folder, "run"), join(folder, "data"), { split });
      const plan = (out: string) =>
        runTaskIn(folder, "cluster", ...[
          ...["predict", "--run", "run", "--image", "data/images", "--shards", "2", "--out", out],
        ]);
      const masks = (out: string) =>
        Promise.all([0, 1, 2, 3].map((i) =>
          Deno.readFile(join(folder, out, `shard_000${1 + i % 2}`, `case_${i}.nii.gz`))
        ));

      assert.equal((await plan("here")).code, 0);
      const first = await snakemake(folder, "here", "--cores", "2");
      assert.match(first, /gather +1\njob +2\ntotal +4\n|job +2\ngather +1\nall +1\ntotal +4\n/);
      assert.match(await snakemake(folder, "here", "--cores", "2"), /Nothing to be done/);

      await withSlurm(async () => {
        assert.equal((await plan("there")).code, 0);
        const slurm = [
          ...["--executor", "slurm", "--jobs", "2", "--slurm-status-command", "squeue"],
          ...["--slurm-init-seconds-before-status-checks", "1", "--seconds-between-status-checks"],
          "1",
        ];
        const first = await snakemake(folder, "there", ...slurm);
        assert.match(first, /submitted with SLURM jobid/);
        assert.match(await snakemake(folder, "there", ...slurm), /Nothing to be done/);
      });
      assert.deepEqual(await masks("there"), await masks("here"));
    }),
});

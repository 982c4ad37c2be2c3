import assert from "node:assert/strict";
import { join, resolve } from "@std/path";
import { inFolder, runTaskIn, tinyFlags } from "../tasks/support/run_task.ts";
import { until } from "./support/until.ts";
import { hasSlurm, NEEDS_SLURM, type Slurm, withSlurm } from "./support/slurm.ts";

const EXAMPLE = resolve(import.meta.dirname!, "../../data.example");
const WEIGHTS = ["model1.safetensors", "model2.safetensors"];

const readJson = async (path: string) => JSON.parse(await Deno.readTextFile(path));
const exists = (path: string) => Deno.stat(path).then(() => true, () => false);

/** The process of a job, below its batch script; undefined if there is none. */
async function processOf(out: string, index: number): Promise<number | undefined> {
  for await (const { name } of Deno.readDir("/proc")) {
    if (!/^\d+$/.test(name)) continue;
    const line = await Deno.readTextFile(`/proc/${name}/cmdline`).catch(() => "");
    const words = line.split("\0");
    if (
      words[1] === "run" && words.includes(out) &&
      words[words.indexOf("--index") + 1] === `${index}`
    ) return Number(name);
  }
}

/** Whether a process has been asked to end and has not yet seen it. */
async function hasPendingTerm(pid: number): Promise<boolean> {
  const status = await Deno.readTextFile(`/proc/${pid}/status`);
  const pending = /^ShdPnd:\s*([0-9a-f]+)$/m.exec(status)![1]!;
  return (BigInt(`0x${pending}`) & (1n << 14n)) !== 0n;
}

/** The ids of an array's jobs by their number, those that run or wait. */
async function idsOf({ call }: Slurm, state: string): Promise<Map<number, string>> {
  const text = await call("squeue", "-h", "-r", "-n", "cv-work", "-t", state, "-o", "%K %A");
  return new Map(Array.from(text.matchAll(/^(\d+) (\d+)$/gm), (m) => [Number(m[1]), m[2]!]));
}

/** Seconds of a time as Slurm writes it, such as 1:05 or 1:00:05. */
function secondsOf(time: string): number {
  return time.split(":").reduce((sum, part) => 60 * sum + Number(part), 0);
}

Deno.test({
  name: "on Slurm, folds and seeds that a time limit and a lost node stopped equal those that " +
    `ran through ${NEEDS_SLURM}`,
  ignore: !hasSlurm,
  fn: () =>
    inFolder(async (root) => {
      const folder = await Deno.realPath(root);
      const shared = [
        ...["--data", EXAMPLE, "--folds", "2", "--size", "16,16", "--channel", "0"],
        ...["--prepared", join(folder, "prepared"), ...tinyFlags({ epochs: 2 })],
      ];
      const through = await runTaskIn(folder, "train", ...shared, "--out", "seed_5");
      assert.equal(through.code, 0, through.error);

      await withSlurm(async (slurm) => {
        const out = join(folder, "cv");
        const at = (job: number) => join(out, `seed_${5 + (job >> 1)}`, `fold_${job % 2}`);
        const submit = await runTaskIn(folder, "cluster", ...[
          ...["train", ...shared, "--seeds", "2", "--out", "cv", "--cpus", "1", "--submit"],
        ]);
        assert.equal(submit.code, 0, submit.error);
        assert.match(submit.out, /4 trainings: 2 seeds × 2 folds/);

        // Job 1 is held in its training until its time is up; the node of job 2 is lost meanwhile
        const begun = (job: number) => exists(join(at(job - 1), "checkpoint.safetensors"));
        await until("two jobs train", async () => await begun(1) && await begun(2));
        const held = (await processOf(out, 1))!;
        Deno.kill(held, "SIGSTOP");
        const idOf = async (job: number, state: string) => (await idsOf(slurm, state)).get(job);
        const lost = (await slurm.call("squeue", "-h", "-j", (await idOf(2, "R"))!, "-o", "%N"))!;
        await slurm.call("scontrol", "update", `nodename=${lost}`, "state=down", "reason=test");
        await until("job 2 waits again", async () => await idOf(2, "PD") !== undefined);
        assert.equal(await exists(join(at(1), "job.json")), false);
        await slurm.call("scontrol", "update", `nodename=${lost}`, "state=resume");

        const id = (await idOf(1, "R"))!;
        // Near enough to be warned at once. If the limit had passed, Slurm would kill the job
        const limit = 1 +
          Math.ceil(secondsOf(await slurm.call("squeue", "-h", "-j", id, "-o", "%M")) / 60);
        await slurm.call("scontrol", "update", `jobid=${id}`, `timelimit=${limit}`);
        await until("job 1 has its signal", () => hasPendingTerm(held));
        Deno.kill(held, "SIGCONT");
        await until("job 1 waits again", async () => await idOf(1, "PD") !== undefined);
        assert.equal(await exists(join(at(0), "job.json")), false);
        await slurm.call("scontrol", "update", `jobid=${id}`, "timelimit=15");
        const status = await runTaskIn(folder, "cluster", "status", "--out", "cv");
        assert.match(status.out, /seed_5\/fold_0 +job 1 +waiting/);
        assert.match(
          await Deno.readTextFile(join(out, "cluster/logs/job_1.log")),
          /Stopping after this step, saving[^]*Saved before the time limit; queued again/,
        );

        await until("all is gathered", () => exists(join(out, "results.json")));
        await until("the queue is empty", async () => await slurm.call("squeue", "-h") === "");
        assert.deepEqual((await readJson(join(out, "results.json"))).missing, []);
        const end = await runTaskIn(folder, "cluster", "status", "--out", "cv");
        assert.deepEqual([end.code, end.out], [0, "4 done of 4 jobs\n"]);

        // The two jobs that were stopped are the folds of the first seed
        const [ours, theirs] = [join(out, "seed_5"), join(folder, "seed_5")];
        for (
          const file of ["fold_0", "fold_1"].flatMap((fold) => WEIGHTS.map((w) => `${fold}/${w}`))
        ) {
          const [a, b] = [join(ours, file), join(theirs, file)];
          assert.deepEqual(await Deno.readFile(a), await Deno.readFile(b), file);
          assert.notDeepEqual(
            await Deno.readFile(join(out, "seed_6", file)),
            await Deno.readFile(b),
          );
        }
        const csv = (run: string) => Deno.readTextFile(join(run, "summary.csv"));
        assert.equal(await csv(ours), await csv(theirs));

        // Nothing is left to do, and going on does it
        const again = await runTaskIn(folder, "cluster", "train", "--out", "cv", "--resume");
        assert.match(again.out, /Jobs {6}0 of 4 to do/);
      });
    }),
});

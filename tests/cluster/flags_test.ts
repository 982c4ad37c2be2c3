import assert from "node:assert/strict";
import { memoryFor, timeFor } from "../../lib/cluster/size_jobs.ts";
import type { InputError } from "../../lib/support/errors.ts";
import {
  addEngineFlags,
  type EngineFlags,
  measuringThreads,
  overridesOf,
  refuseIgnored,
  resourcesOf,
  workFlags,
} from "../../tasks/cluster/flags.ts";
import { createTask, parseTask } from "../../tasks/support/cli.ts";

/** Parses the flags of a job, and refuses those that would be ignored. */
async function parse(...args: string[]): Promise<EngineFlags & { out: string; epochs?: string }> {
  const command = addEngineFlags(createTask("cluster train", ""))
    .option("--out <folder>", "", "runs/a").option("--epochs <n>", "");
  const flags = await parseTask<EngineFlags & { out: string; epochs?: string }>(command, args);
  refuseIgnored(command, flags);
  return flags;
}

const ALL = [
  ...["--partition", "gpu", "--account", "lab", "--time", "02:00:00", "--memory", "8G"],
  ...["--cpus", "3", "--sbatch=--qos=low", "--sbatch=--nice=5"],
];
const SIZE = { seconds: 100, bytes: 3e9, partSeconds: 60 };

Deno.test("resourcesOf: every flag of a job, or what was measured", async () => {
  const options = ["--partition=gpu", "--account=lab", "--qos=low", "--nice=5"];
  const given = await parse(...ALL);
  assert.deepEqual(resourcesOf(given, SIZE), { time: "02:00:00", memory: "8G", cpus: 3, options });
  assert.deepEqual(overridesOf(given), [
    ...["--time=02:00:00", "--mem=8G", "--cpus-per-task=3"],
    ...options,
  ]);
  const plain = await parse();
  assert.deepEqual(resourcesOf(plain, SIZE), {
    ...{ time: timeFor(100), memory: memoryFor(3e9), cpus: 4, options: [] },
  });
  assert.deepEqual(overridesOf(plain), []);
});

Deno.test("resourcesOf refuses too short a time, also one that --sbatch passes on", async () => {
  const short = ["--time", "00:00:01"];
  for (const args of [short, ["--sbatch=--time=00:00:01"], ["--sbatch=-t 00:00:01"]]) {
    const flags = await parse(...args);
    assert.throws(() => resourcesOf(flags, { ...SIZE, partSeconds: 3600 }), { name: "InputError" });
  }
});

Deno.test("workFlags are all others; measuringThreads are those of a job, or of this machine", async () => {
  const flags = await parse(
    "--engine",
    "slurm",
    "--submit",
    "--deno",
    "x",
    "--epochs",
    "3",
    ...ALL,
  );
  const { out, ...work } = workFlags(flags);
  assert.match(out, /runs\/a$/);
  assert.deepEqual(work, { epochs: "3" });
  const cores = navigator.hardwareConcurrency;
  assert.equal(measuringThreads({ engine: "slurm", cpus: 1 }, 7), 1);
  assert.equal(measuringThreads({ engine: "slurm" }, 7), Math.min(4, cores));
  assert.equal(measuringThreads({ engine: "slurm", cpus: cores + 1 }, 7), cores);
  assert.equal(measuringThreads({ engine: "local" }, 7), 7);
});

Deno.test("refuseIgnored names the flags that a plan has already, or that this machine ignores", async () => {
  await parse("--resume", "--submit", "--out", "x", ...ALL);
  const refused = async (...args: string[]) => {
    const error: InputError = await parse(...args).then(() => assert.fail("taken"), (e) => e);
    return `${error.code}: ${error.message}. ${error.hint}`;
  };
  assert.equal(
    await refused("--resume", "--epochs", "3", "--deno", "x", "--cpus", "2"),
    "bad-command-line: Cannot use --deno, --epochs: the plan is made. " +
      "Omit them, or make a new plan in another folder with --out",
  );
  assert.equal(
    await refused("--engine", "local", "--deno", "x", "--submit", ...ALL),
    "bad-command-line: Cannot use --submit, --partition, --account, --time, --memory, --cpus, " +
      "--sbatch, --deno: the jobs run here. Omit them, or use --engine slurm",
  );
  assert.match(await refused("--engine", "local", "--resume", "--time", "1:0:0"), /use --time:/);
});

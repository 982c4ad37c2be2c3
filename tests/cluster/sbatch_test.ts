import assert from "node:assert/strict";
import { arrayRange, arrayScript, singleScript } from "../../lib/cluster/sbatch.ts";
import {
  memoryFor,
  requireTime,
  shardsFor,
  shardSize,
  timeFor,
  trainingSize,
} from "../../lib/cluster/size_jobs.ts";
import { InputError } from "../../lib/support/errors.ts";
import { inFolder } from "../support/in_folder.ts";

const options = { name: "cv", deno: "deno", project: "/my project", logs: "/runs/cv/cluster/logs" };
const resources = { time: "90", memory: "8G", cpus: 4, options: ["--partition=long", "--time=5"] };

Deno.test("singleScript() asks for what it was given; options of the user come last", () => {
  const args = ["cluster", "prepare", "--out", "/runs/it's"];
  assert.equal(
    singleScript(options, resources, { step: "prepare", args }),
    `#!/bin/bash
#SBATCH --job-name=cv-prepare
#SBATCH --output=/runs/cv/cluster/logs/prepare.log
#SBATCH --open-mode=append
#SBATCH --time=90
#SBATCH --mem=8G
#SBATCH --cpus-per-task=4
#SBATCH --partition=long
#SBATCH --time=5

cd '/my project' || exit 1
exec deno task --quiet cluster prepare --out '/runs/it'\\''s'
`,
  );
});

Deno.test("singleScript() quotes spaces and doubles %, which Slurm would replace", () => {
  const where = { ...options, logs: "/runs/50 %j/logs" };
  const script = singleScript(where, resources, { step: "gather", args: ["cluster", "gather"] });
  assert.match(script, /^#SBATCH '--output=\/runs\/50 %%j\/logs\/gather\.log'$/m);
});

/** Runs an array's script with a Deno of a few lines, and sends it a signal once that has begun. */
async function runScript(program: string, signal: Deno.Signal | null) {
  let result = { code: -1, out: "" };
  await inFolder(async (folder) => {
    const [deno, scontrol] = [`${folder}/deno`, `${folder}/scontrol`];
    await Deno.writeTextFile(deno, `#!/bin/bash\n${program}`, { mode: 0o755 });
    await Deno.writeTextFile(scontrol, `#!/bin/bash\necho "scontrol $@"\n`, { mode: 0o755 });
    const where = { ...options, deno, project: folder };
    const script = arrayScript(where, resources, { args: ["job"], jobs: 4 });
    await Deno.writeTextFile(`${folder}/script`, script);
    const child = new Deno.Command("bash", {
      args: [`${folder}/script`],
      env: {
        PATH: `${folder}:${Deno.env.get("PATH")}`,
        ...{ SLURM_ARRAY_TASK_ID: "3", SLURM_CPUS_PER_TASK: "2", SLURM_JOB_ID: "77" },
      },
      stdout: "piped",
    }).spawn();
    const reader = child.stdout.pipeThrough(new TextDecoderStream()).getReader();
    let out = "";
    while (!out.includes("begun")) out += (await reader.read()).value ?? assert.fail("ended");
    if (signal !== null) child.kill(signal);
    for (let part = await reader.read(); !part.done; part = await reader.read()) out += part.value;
    result = { code: (await child.status).code, out };
  });
  return result;
}

/** Saves on SIGTERM, which takes a moment, as a training does; 75 says that it was something new. */
const SAVES =
  `trap 'sleep 0.2; echo saved; exit 75' TERM; echo begun "$@"; sleep 5 >/dev/null & wait`;

Deno.test("arrayScript() tells a job that its time ends, waits until it is saved, and queues it again", async () => {
  const { code, out } = await runScript(SAVES, "SIGUSR1");
  assert.match(out, /^begun task --quiet job --index 3 --threads 2\n/);
  assert.match(out, /\nsaved\nSaved before the time limit; queued again\nscontrol requeue 77\n$/);
  assert.equal(code, 75);
});

Deno.test("arrayScript() ends a job that saved nothing new before its time limit", async () => {
  const program = `trap 'exit 130' TERM; echo begun; sleep 5 >/dev/null & wait`;
  const { code, out } = await runScript(program, "SIGUSR1");
  assert.equal(
    out,
    "begun\nIts time limit came before it had saved anything new: give it more with --time\n",
  );
  assert.equal(code, 130);
});

Deno.test("arrayScript() does not queue a job again that was cancelled, failed or done", async () => {
  const cancelled = await runScript(SAVES, "SIGTERM");
  assert.match(cancelled.out, /\nsaved\n$/);
  assert.equal(cancelled.code, 75);
  const failed = await runScript("echo begun; exit 1", null);
  assert.deepEqual(failed, { code: 1, out: "begun\n" });
  // Done just before its time would have ended
  const done = await runScript(
    `trap 'exit 0' TERM; echo begun; sleep 5 >/dev/null & wait`,
    "SIGUSR1",
  );
  assert.deepEqual(done, { code: 0, out: "begun\n" });
});

Deno.test("arrayRange() joins neighbours", () => {
  assert.equal(arrayRange([4]), "4");
  assert.equal(arrayRange([1, 2, 3, 7, 9, 10]), "1-3,7,9-10");
});

Deno.test("timeFor(), memoryFor(), trainingSize(), shardSize() and shardsFor() follow what was measured", () => {
  const measured = {
    slices: { train: 64, validation: 16, test: 20 },
    ...{ batchSize: 4, trainSeconds: 0.5, inferSeconds: 0.25, bytes: 2 ** 30 },
  };
  assert.deepEqual(trainingSize(measured, 10), {
    seconds: 10 * (64 * 0.5 + 16 * 0.25) + 11 * 16 * 0.25 + 20 * 0.25, // ten runs for doubt
    partSeconds: 49, // the scores; a step takes 2
    bytes: 2 ** 30,
  });
  assert.equal(trainingSize({ ...measured, batchSize: 400 }, 10).partSeconds, 200);
  assert.equal(timeFor(1000), "35"); // 33.3 minutes with the margin, in steps of five
  assert.equal(timeFor(0), "15");
  assert.equal(timeFor(43_201), "1440");
  assert.equal(memoryFor(4 * 2 ** 30), "6G");
  assert.equal(memoryFor(1), "2G");
  const shards = (seconds: number) => shardsFor({ seconds, bytes: 0 }, 3);
  assert.deepEqual([1200, 1200.5, 1e6].map(shards), [1, 2, 3]); // an hour each, one image at least
  const image = { seconds: 25, bytes: 7 }; // 144 images an hour
  assert.deepEqual(shardSize(image, 3), { seconds: 75, partSeconds: 25, bytes: 7 });
  assert.equal(shardsFor(image, 144), 1);
  assert.equal(shardsFor(image, 145), 2);
  assert.equal(shardsFor(image, 1e6), 1000);
  assert.equal(shardsFor({ ...image, seconds: 1e6 }, 3), 3);
});

Deno.test("requireTime() refuses limits that leave no time for a start, a part of the work and saving", () => {
  // A start of 120 s, a signal 120 s before the limit or up to 60 s earlier, and twice the part
  for (
    const time of ["5", "5:00", "0:5:00", "0-0:5", "6", "1:0:0", "1-0", "0", "UNLIMITED", "-1"]
  ) {
    requireTime(time, 0);
  }
  for (const time of ["4", "4:59", "0:4:59", "00:04:00", "0-0:4", "0-0:4:59", "1"]) {
    assert.throws(() => requireTime(time, 0), (error) => {
      assert.ok(error instanceof InputError);
      assert.match(error.message, RegExp(`Cannot work in ${time}: `));
      assert.equal(error.hint, "Give it at least 5 minutes with --time");
      return error.code === "bad-command-line";
    });
  }
  requireTime("35", 900);
  assert.throws(() => requireTime("34:59", 900), { hint: /at least 35 minutes/ });
  requireTime("0-1", 1650); // an hour
  for (const time of ["0-1:0:60", "1:0:60", "60:60"]) requireTime(time, 1651); // 61 minutes
  assert.throws(() => requireTime("0-1", 1651), { hint: /at least 61 minutes/ });
});

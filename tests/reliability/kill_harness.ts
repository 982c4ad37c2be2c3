/**
 * Kills tasks at random moments, looks at what they leave, and lets them go on.
 *
 * @module
 */

import assert from "node:assert/strict";
import { killAfter } from "../support/kill_after.ts";
import { join } from "@std/path";
import { Random } from "../../lib/support/random.ts";
import { readCheckpoint } from "../../lib/training/checkpoint.ts";
import { runTaskIn, startTask, type Task } from "../tasks/support/run_task.ts";
import { writeTinyVolumes } from "../training/support/tiny_data.ts";
import { brokenFiles, contentsOf, temporaryFiles } from "./whole_files.ts";

/** A task that is killed. Commands run in a folder beside `data`. */
export interface KillTarget {
  task: Task;
  /** The command line. */
  args: readonly string[];
  /** What is added to it to go on, given the folder; nothing where the same command does. */
  resume: (folder: string) => Promise<readonly string[]>;
  /** The folder that it makes. */
  result: string;
}

const exists = (path: string) => Deno.stat(path).then(() => true, () => false);

/**
 * The tasks that are killed, each after those whose results it needs. To add one, write its
 * command line and the folder that it makes.
 */
export const KILL_TARGETS: readonly KillTarget[] = [
  {
    task: "preprocess",
    args: ["--data", "../data", "--out", "prepared", "--size", "16,16", "--fit", "resize"],
    resume: () => Promise.resolve([]),
    result: "prepared",
  },
  {
    task: "train",
    // A model of some milliseconds a step, and a checkpoint after each of them.
    // deno-fmt-ignore
    args: [
      "--data", "../data", "--prepared", "prepared", "--size", "16,16", "--out", "run",
      "--backend", "wasm", "--threads", "2", "--channels", "8", "--hidden", "8",
      "--kernels", "3,3", "--steps", "4,2", "--epochs", "3", "--batch-size", "2",
      "--augment", "affine", "--learning-rate", "1e-2", "--checkpoint-minutes", "1e-6",
    ],
    resume: async (folder) =>
      await exists(join(folder, "run", "checkpoint.safetensors")) ? ["--resume"] : [],
    result: "run",
  },
  {
    task: "predict",
    args: ["--run", "run", "--image", "../data/images", "--out", "masks", "--probabilities"],
    resume: () => Promise.resolve([]),
    result: "masks",
  },
];

/** What a harness saw. */
export interface KillReport {
  /** Kills by task: only processes that were alive count. */
  kills: Record<string, number>;
  /** Runs that were killed at least once and then finished. */
  finished: number;
  /** Files that were not whole after a kill. */
  broken: string[];
  /** Files that a killed and finished run has not, or has with another content. */
  different: string[];
  /** Temporary files that kills left, all of which the next start must remove. */
  temporary: number;
  /** Temporary files that were still there when a run had finished. */
  leftOver: string[];
  /** Starts after which a training had less steps done than before. */
  wentBack: string[];
}

/** How {@linkcode killTasks} goes about it. */
export interface KillOptions {
  /** How many processes to kill. */
  kills: number;
  /** Decides the moments. */
  seed: number;
  /** How often a run is killed at most before it may finish. Default: 4. */
  most?: number;
  /** Which tasks, in turn. Default: all. */
  targets?: readonly KillTarget[];
  /** Told after each kill. */
  onKill?: (report: KillReport) => void;
}

/** Once in a folder the whole way without a kill, to compare with, and how long it took. */
interface Reference {
  folder: string;
  /** By task: milliseconds from the start to the first file and to the end. */
  times: Map<Task, { first: number; end: number }>;
}

/**
 * Kills tasks (SIGKILL) at random moments until enough were killed. Each run is killed a few times,
 * started again each time as its user would, and in the end compared with one that was not killed.
 */
export async function killTasks(options: KillOptions): Promise<KillReport> {
  const { kills, seed, most: mostEach = 4, targets = KILL_TARGETS, onKill } = options;
  const random = new Random(seed);
  const report: KillReport = {
    kills: Object.fromEntries(targets.map(({ task }) => [task, 0])),
    finished: 0,
    broken: [],
    different: [],
    temporary: 0,
    leftOver: [],
    wentBack: [],
  };
  const total = () => Object.values(report.kills).reduce((a, b) => a + b, 0);
  const root = await Deno.makeTempDir({ prefix: "kill-" });
  try {
    await writeTinyVolumes(join(root, "data"), { cases: 6, size: 24, slices: 4 });
    const reference = await runAll(join(root, "reference"));
    for (let turn = 0; total() < kills; turn++) {
      assert.ok(turn < 10 * kills + 10, "the tasks end before they can be killed");
      const target = targets[turn % targets.length]!;
      const folder = join(root, `run-${turn}`);
      await copyOthers(reference.folder, folder, target);
      const most = Math.min(1 + random.integer(mostEach), kills - total());
      await killOne(target, { folder, reference, most, random, report, onKill });
      await Deno.remove(folder, { recursive: true });
    }
  } finally {
    await Deno.remove(root, { recursive: true });
  }
  return report;
}

async function runAll(folder: string): Promise<Reference> {
  await Deno.mkdir(folder);
  const times: Reference["times"] = new Map();
  for (const { task, args, result } of KILL_TARGETS) {
    const started = performance.now();
    const ended = runTaskIn(folder, task, ...args);
    let [first, running] = [Infinity, true];
    const watch = (async () => {
      while (running && !await exists(join(folder, result))) {
        await new Promise((resolve) => setTimeout(resolve, 10));
      }
      first = performance.now() - started;
    })();
    const { code, error } = await ended;
    running = false;
    await watch;
    assert.equal(code, 0, error);
    times.set(task, { first, end: performance.now() - started });
  }
  return { folder, times };
}

/** All that a target needs: the results of those before it. */
async function copyOthers(from: string, to: string, target: KillTarget): Promise<void> {
  await Deno.mkdir(to);
  for (const { result } of KILL_TARGETS.slice(0, KILL_TARGETS.indexOf(target))) {
    await copyFolder(join(from, result), join(to, result));
  }
}

async function copyFolder(from: string, to: string): Promise<void> {
  await Deno.mkdir(to);
  for await (const { name, isDirectory } of Deno.readDir(from)) {
    if (isDirectory) await copyFolder(join(from, name), join(to, name));
    else await Deno.copyFile(join(from, name), join(to, name));
  }
}

async function killOne(
  target: KillTarget,
  { folder, reference, most, random, report, onKill }: {
    folder: string;
    reference: Reference;
    most: number;
    random: Random;
    report: KillReport;
    onKill: KillOptions["onKill"];
  },
): Promise<void> {
  const { task, args, result } = target;
  const { first, end } = reference.times.get(task)!;
  let [killed, step] = [0, -1];
  for (;;) {
    const more = killed === 0 ? [] : await target.resume(folder);
    const started = performance.now();
    const child = startTask(folder, task, [...args, ...more]);
    const output = child.output();
    if (killed < most) {
      // From shortly before the first file to the end: loading modules leaves nothing to break
      const moment = 0.8 * first + random.uniform() * (end - 0.8 * first);
      const timer = killAfter(child, moment);
      const { signal, code, stderr } = await output;
      clearTimeout(timer);
      // The machine is faster now than it was for the reference: kill sooner from here on
      const took = performance.now() - started;
      if (signal === null && killed === 0 && took < end) {
        reference.times.set(task, { first: first * took / end, end: took });
      }
      if (signal === "SIGKILL") {
        killed++;
        report.kills[task]!++;
        const where = `${task}, kill ${report.kills[task]}, after ${Math.round(moment)} ms`;
        report.broken.push(...(await brokenFiles(folder)).map((what) => `${where}: ${what}`));
        report.temporary += (await temporaryFiles(folder)).length;
        const now = task === "train" ? await stepOf(folder) : 0;
        if (now < step) report.wentBack.push(`${where}: from step ${step} to ${now}`);
        step = now;
        onKill?.(report);
        continue;
      }
      assert.equal(code, 0, new TextDecoder().decode(stderr));
    } else {
      const { code, stderr } = await output;
      assert.equal(code, 0, new TextDecoder().decode(stderr));
    }
    break;
  }
  if (killed === 0) return;
  report.finished++;
  const where = `${task}, killed ${killed} times`;
  report.leftOver.push(...(await temporaryFiles(folder)).map((name) => `${where}: ${name}`));
  const [made, wanted] = [
    await contentsOf(join(folder, result)),
    await contentsOf(join(reference.folder, result)),
  ];
  for (const name of new Set([...made.keys(), ...wanted.keys()])) {
    try {
      assert.deepEqual(made.get(name), wanted.get(name));
    } catch {
      report.different.push(`${where}: ${name}`);
    }
  }
}

/** How many steps a training has saved; -1 before it has begun. */
async function stepOf(folder: string): Promise<number> {
  const path = join(folder, "run", "checkpoint.safetensors");
  return await exists(path) ? (await readCheckpoint(path)).counters.step : -1;
}

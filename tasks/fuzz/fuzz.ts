/**
 * `deno task fuzz`: hostile files for everything that reads files.
 *
 * @module
 */

import "../support/interrupt.ts";
import { writeJsonAtomic } from "../../lib/support/files.ts";
import { type FuzzResult, noResult, shareOut } from "./fuzz_reader.ts";
import { makeReaders } from "./readers.ts";
import type { FuzzAnswer, FuzzJob } from "./worker.ts";
import { createTask, numberFlag, parseTask, runTask } from "../support/cli.ts";
import { StatusLine } from "../../lib/support/status_line.ts";

/** An input that takes this many milliseconds hangs, however busy the machine. */
const PATIENCE = 60_000;

/** The largest memory allowed for the process, in megabytes. */
const MOST_MEMORY = 1500;

/** Milliseconds between two checks of a thread. */
const INTERVAL = 50;

interface Flags {
  inputs: number;
  seed: number;
  reader?: string;
  json?: string;
}

/** A reader's result, with measurements from outside. */
interface Row extends FuzzResult {
  seconds: number;
  /** The peak memory of the whole process while the reader ran, in megabytes. */
  peak: number;
}

/** The head of the table. */
const HEAD = `
reader          inputs     read  refused  crashes  hangs    time   slowest  peak memory`;

const command = createTask(
  "fuzz",
  "Feed hostile files to everything that reads files: damaged real ones, bombs, false sizes, " +
    "paths that lead out. Each must be read or refused within a second and 1.5 GB.",
)
  .option("--inputs <n>", "number of files", numberFlag({ integer: true, min: 1 }), 50_000)
  .option("--seed <n>", "seed of the files", numberFlag({ integer: true, min: 0 }), 1)
  .option("--reader <name>", "only this reader, to reproduce a finding")
  .option("--json <file>", "also write the report here");

await runTask(async () => {
  const { inputs, seed, reader, json } = await parseTask<Flags>(command);
  const folder = await Deno.makeTempDir();
  const rows: Row[] = [];
  try {
    const readers = (await makeReaders(folder))
      .filter(({ name }) => reader === undefined || name === reader);
    for (const [name, count] of shareOut(readers, inputs)) {
      rows.push(await fuzz({ reader: name, inputs: count, seed, folder }));
      if (rows.length === 1) console.log(HEAD);
      console.log(format(rows.at(-1)!));
    }
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
  console.log(format(total(rows)));
  const findings = rows.flatMap(({ crashes, hangs }) => [...crashes, ...hangs]);
  for (const { reader, index, what } of findings) {
    console.log(`\n${reader}, input ${index}: ${what}`);
  }
  const large = rows.filter(({ peak }) => peak > MOST_MEMORY);
  for (const { reader, peak } of large) console.log(`\n${reader}: took ${peak.toFixed(0)} MB`);
  if (json !== undefined) await writeJsonAtomic(json, { seed, total: total(rows), rows });
  return findings.length + large.length === 0 ? 0 : 1;
});

/** Runs one reader in a thread, and ends it if an input hangs. */
async function fuzz(job: Omit<FuzzJob, "progress">): Promise<Row> {
  const progress = new Int32Array(new SharedArrayBuffer(4));
  const started = performance.now();
  const worker = new Worker(new URL("./worker.ts", import.meta.url), {
    type: "module",
  });
  using line = new StatusLine();
  let peak = 0;
  let [last, since] = [0, started];
  let timer: ReturnType<typeof setInterval> | undefined;
  const result = await new Promise<FuzzResult>((resolve, reject) => {
    worker.onmessage = ({ data }: MessageEvent<FuzzAnswer>) =>
      "result" in data ? resolve(data.result) : reject(new Error(data.error));
    worker.onerror = (event) => reject(new Error(event.message));
    worker.postMessage({ ...job, progress });
    timer = setInterval(() => {
      peak = Math.max(peak, Deno.memoryUsage().rss);
      const done = Atomics.load(progress, 0);
      line.count(done, job.inputs, job.reader);
      if (done !== last) [last, since] = [done, performance.now()];
      else if (done > 0 && performance.now() - since > PATIENCE) resolve(hanging(job, last));
    }, INTERVAL);
  }).finally(() => {
    clearInterval(timer);
    worker.terminate();
  });
  return { ...result, seconds: (performance.now() - started) / 1000, peak: peak / 1e6 };
}

function hanging({ reader }: Omit<FuzzJob, "progress">, done: number): FuzzResult {
  const hangs = [{ reader, index: done - 1, what: "does not end" }];
  return { ...noResult(reader), inputs: done, slowest: PATIENCE, hangs };
}

function total(rows: readonly Row[]): Row {
  const sum = (value: (row: Row) => number) => rows.reduce((all, row) => all + value(row), 0);
  return {
    reader: "all",
    inputs: sum((row) => row.inputs),
    read: sum((row) => row.read),
    refused: sum((row) => row.refused),
    slowest: Math.max(...rows.map((row) => row.slowest)),
    crashes: rows.flatMap((row) => row.crashes),
    hangs: rows.flatMap((row) => row.hangs),
    seconds: sum((row) => row.seconds),
    peak: Math.max(...rows.map((row) => row.peak)),
  };
}

function format(row: Row): string {
  return [
    row.reader.padEnd(13),
    String(row.inputs).padStart(7),
    String(row.read).padStart(7),
    String(row.refused).padStart(7),
    String(row.crashes.length).padStart(7),
    String(row.hangs.length).padStart(5),
    `${row.seconds.toFixed(0)} s`.padStart(6),
    `${row.slowest.toFixed(0)} ms`.padStart(8),
    `${row.peak.toFixed(0)} MB`.padStart(11),
  ].join("  ");
}

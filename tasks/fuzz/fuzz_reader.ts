import fc from "fast-check";
import { join } from "@std/path";
import { cpuUsage } from "node:process";
import { InputError } from "../../lib/support/errors.ts";
import type { Bytes } from "./damage.ts";
import type { Reader } from "./reader.ts";

/** Inputs per seed. */
const BATCH = 50;

/** The time limit for an input, in milliseconds of processor time. */
const MOST_TIME = 1000;

/** An input that made a reader fail. */
export interface Finding {
  reader: string;
  /** The input's number; with the seed it reproduces the input. */
  index: number;
  what: string;
}

/** The results of one reader. */
export interface FuzzResult {
  reader: string;
  inputs: number;
  /** The numbers of inputs read, and refused with an `InputError`. */
  read: number;
  refused: number;
  /** The longest time of an input, in milliseconds of processor time. */
  slowest: number;
  crashes: Finding[];
  /** The inputs that took longer than a second. */
  hangs: Finding[];
}

/** What {@linkcode fuzzReader} takes. */
export interface FuzzOptions {
  inputs: number;
  seed: number;
  /** The folder that {@linkcode makeReaders} was given. */
  folder: string;
  /** Called before each input. */
  onInput?: (index: number) => void;
}

/** The inputs of a reader, from a given one: a function of seed and index. */
export function* inputsOf(reader: Reader, seed: number, count: number): Generator<Bytes> {
  for (let start = 0; start < count; start += BATCH) {
    const numRuns = Math.min(BATCH, count - start);
    yield* fc.sample(reader.inputs, { seed: seed + start, numRuns });
  }
}

/** The result before the first input. */
export function noResult(reader: string): FuzzResult {
  return { reader, inputs: 0, read: 0, refused: 0, slowest: 0, crashes: [], hangs: [] };
}

/** Feeds a number of inputs to a reader. Each must end in a value or an `InputError`. */
export async function fuzzReader(reader: Reader, options: FuzzOptions): Promise<FuzzResult> {
  const { inputs, seed, folder, onInput } = options;
  const result = noResult(reader.name);
  const path = join(folder, reader.file);
  const good = await Deno.readFile(path).catch(() => undefined);
  for (const bytes of inputsOf(reader, seed, inputs)) {
    const index = result.inputs++;
    await Deno.writeFile(path, bytes);
    onInput?.(index);
    const started = cpuUsage();
    try {
      await reader.read(folder);
      result.read++;
    } catch (error) {
      if (error instanceof InputError) result.refused++;
      else {
        const stack = error instanceof Error ? error.stack : undefined;
        result.crashes.push({
          reader: reader.name,
          index,
          what: (stack ?? String(error)).slice(0, 1000),
        });
      }
    }
    const { user, system } = cpuUsage(started);
    const took = (user + system) / 1000;
    result.slowest = Math.max(result.slowest, took);
    if (took > MOST_TIME) {
      result.hangs.push({ reader: reader.name, index, what: `${took.toFixed(0)} ms` });
    }
    const polluted = Object.keys(Object.prototype);
    if (polluted.length > 0) throw new Error(`Object.prototype has got ${polluted} by ${index}`);
  }
  if (good === undefined) await Deno.remove(path);
  else await Deno.writeFile(path, good); // others of this folder want it whole
  return result;
}

/** Divides inputs among readers by weight; each gets at least one. */
export function shareOut(readers: readonly Reader[], inputs: number): Map<string, number> {
  const all = readers.reduce((sum, { weight }) => sum + weight, 0);
  return new Map(readers.map(({ name, weight }) => [name, Math.ceil(inputs * weight / all)]));
}

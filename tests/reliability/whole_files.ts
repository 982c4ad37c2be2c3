/**
 * Whether every file below a folder is whole, and what two runs must have in common.
 *
 * @module
 */

import assert from "node:assert/strict";
import { join, relative } from "@std/path";
import { decode as decodePng } from "fast-png";
import { decodeSafetensors } from "../../lib/nca/safetensors.ts";
import { loadSlice } from "../../lib/slices/mod.ts";
import { LOCK_NAME } from "../../lib/support/output_folder.ts";
import { readCheckpoint } from "../../lib/training/checkpoint.ts";
import { readVolume } from "../../lib/volume/mod.ts";
import { parseEvents } from "../training/support/read_events.ts";

const TEMPORARY = /\.tmp$/;

/** All files below a folder but locks, relative to it, in order. */
export async function listFiles(folder: string): Promise<string[]> {
  const files: string[] = [];
  const visit = async (path: string) => {
    for await (const { name, isDirectory } of Deno.readDir(path)) {
      if (isDirectory) await visit(join(path, name));
      else if (name !== LOCK_NAME) files.push(relative(folder, join(path, name)));
    }
  };
  await visit(folder);
  return files.sort();
}

/** The temporary files below a folder. */
export async function temporaryFiles(folder: string): Promise<string[]> {
  return (await listFiles(folder)).filter((name) => TEMPORARY.test(name));
}

/**
 * Reads every file below a folder, each as what it is. Temporary files are passed over.
 *
 * @returns One line for each that is not whole.
 */
export async function brokenFiles(folder: string): Promise<string[]> {
  const broken: string[] = [];
  for (const name of await listFiles(folder)) {
    if (TEMPORARY.test(name)) continue;
    try {
      await readWhole(join(folder, name));
    } catch (error) {
      broken.push(`${name}: ${(error as Error).message}`);
    }
  }
  return broken;
}

async function readWhole(path: string): Promise<unknown> {
  if (/\.npy$/.test(path)) return await loadSlice(path);
  if (/\.nii(\.gz)?$/.test(path)) return await readVolume(path);
  const bytes = await Deno.readFile(path);
  if (/checkpoint\.safetensors$/.test(path)) return await readCheckpoint(path);
  if (/\.safetensors$/.test(path)) {
    for (const [name, { data }] of decodeSafetensors(bytes, path).tensors) {
      assert.ok((data as Float32Array).every(Number.isFinite), `${name} is not finite`);
    }
    return;
  }
  if (/\.tfevents\./.test(path)) return parseEvents(bytes);
  if (/\.png$/.test(path)) return decodePng(bytes, { checkCrc: true });
  if (/\.gif$/.test(path)) return assert.equal(bytes.at(-1), 0x3b, "no trailer");
  const text = new TextDecoder().decode(bytes);
  if (/\.json$/.test(path)) return JSON.parse(text);
  if (/\.svg$/.test(path)) return assert.match(text, /<\/svg>\s*$/);
  if (/\.csv$/.test(path)) {
    assert.ok(text.endsWith("\n"), "ends within a line");
    const columns = text.trim().split("\n").map((line) => line.split(",").length);
    assert.equal(new Set(columns).size, 1, `${columns}`);
    return;
  }
  throw new Error("no reader for this kind of file");
}

/**
 * What two runs must have in common, by file: all bytes, but for how long things took, the time of
 * day and the number of event files.
 */
export async function contentsOf(folder: string): Promise<Map<string, unknown>> {
  const contents = new Map<string, unknown>();
  const events: unknown[] = [];
  for (const name of await listFiles(folder)) {
    const path = join(folder, name);
    if (/\.tfevents\./.test(name)) {
      events.push(...parseEvents(await Deno.readFile(path))); // in the order of their names
    } else if (/metrics\.csv$/.test(name)) {
      const rows = (await Deno.readTextFile(path)).split("\n");
      contents.set(name, rows.map((row) => row.replace(/,[^,]*$/, ""))); // without seconds
    } else if (/checkpoint\.safetensors$/.test(name)) {
      const { counters, ...rest } = await readCheckpoint(path);
      const history = counters.history.map((row) => ({ ...row, seconds: 0 }));
      contents.set(name, {
        ...rest,
        counters: { ...counters, history, seconds: 0, events: null },
      });
    } else if (/(^|\/)report\.json$/.test(name)) {
      contents.set(name, { ...JSON.parse(await Deno.readTextFile(path)), date: "" });
    } else {
      contents.set(name, await Deno.readFile(path));
    }
  }
  contents.set("events", events);
  return contents;
}

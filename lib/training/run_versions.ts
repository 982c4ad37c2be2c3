/**
 * What a run was trained with.
 *
 * @module
 */

import * as v from "valibot";
import { InputError } from "../support/errors.ts";
import { writeJsonAtomic } from "../support/files.ts";
import { PROGRAM } from "../support/program.ts";
import { ifThere, readJson } from "../support/read_text.ts";
import { runPaths } from "./run_folder.ts";

const VersionsSchema = v.array(v.object({
  /** This program's version. */
  program: v.string(),
  /** Deno's version. */
  deno: v.string(),
  /** Operating system and processor. */
  platform: v.string(),
}));

/** The programs that a run was trained with, and the machine. */
export type Versions = v.InferOutput<typeof VersionsSchema>[number];

/** The versions of this process. */
function currentVersions(): Versions {
  const { version: { deno }, build: { os, arch } } = Deno;
  return { program: PROGRAM.version, deno, platform: `${os} ${arch}` };
}

/**
 * Reads what a run was trained with, the first start first. Runs that started
 * before this was recorded have no list: then it is empty.
 *
 * @throws {InputError} If the file is damaged.
 */
export async function readVersions(folder: string): Promise<Versions[]> {
  const path = runPaths(folder).versions;
  const content = await ifThere(readJson(path, { what: "run", code: "bad-run" }));
  if (content === undefined) return [];
  const { success, output } = v.safeParse(VersionsSchema, content);
  if (success) return output;
  throw new InputError("Cannot read run: not a list of versions", { code: "bad-run", path });
}

/**
 * Stores the versions of this process with a run, if they are not those of its last start.
 *
 * @param resumed Whether the run is continued, so that earlier versions are kept.
 */
export async function writeVersions(folder: string, resumed: boolean): Promise<void> {
  const [stored, now] = [resumed ? await readVersions(folder) : [], currentVersions()];
  if (JSON.stringify(stored.at(-1)) === JSON.stringify(now)) return;
  await writeJsonAtomic(runPaths(folder).versions, [...stored, now]);
}

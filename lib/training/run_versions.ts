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

/** The programs that a run was trained with, and the machine. */
export interface Versions {
  /** This program's version. */
  readonly program: string;
  /** Deno's version. */
  readonly deno: string;
  /** Operating system and processor. */
  readonly platform: string;
}

/** The versions of this process. */
export function currentVersions(): Versions {
  const { version: { deno }, build: { os, arch } } = Deno;
  return { program: PROGRAM.version, deno, platform: `${os} ${arch}` };
}

const VersionsSchema = v.array(
  v.object({ program: v.string(), deno: v.string(), platform: v.string() }),
);

/**
 * Reads what a run was trained with, the first start first. Runs of version 0.1.0 and older may
 * not say: then the list is empty.
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

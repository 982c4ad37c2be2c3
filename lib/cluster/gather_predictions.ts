/**
 * The reports of all shards in one.
 *
 * @module
 */

import { basename, join } from "@std/path";
import * as v from "valibot";
import { csvLine, parseCsv } from "../support/csv.ts";
import { InputError } from "../support/errors.ts";
import { writeAll, writeJsonAtomic } from "../support/files.ts";
import { ifThere, readJson, readText } from "../support/read_text.ts";
import { type PredictPlan, shardFolder } from "./plan.ts";

/** What {@linkcode gatherPredictions} found. */
export interface GatheredPredictions {
  /** How many images the plan was made for. */
  readonly images: number;
  /** How many the shards tell of, with those that failed. */
  readonly told: number;
  /** How many have a mask. */
  readonly masks: number;
  /** Images without one, and why. */
  readonly failed: readonly { readonly name: string; readonly why: string }[];
  /** Shards without a report. */
  readonly missing: readonly string[];
}

const reportSchema = v.object({
  failed: v.array(v.object({ name: v.string(), why: v.string() })),
});

/**
 * Writes `volumes.csv` and `report.json` of all shards, from theirs. One shard is in memory at a
 * time.
 *
 * @param out The folder of the shards.
 * @throws {InputError} If a shard's report is damaged.
 */
export async function gatherPredictions(
  out: string,
  { images, shards }: PredictPlan,
): Promise<GatheredPredictions> {
  const failed: { name: string; why: string }[] = [];
  const missing: string[] = [];
  let [masks, told] = [0, 0];
  const path = join(out, "volumes.csv");
  const draft = `${path}.part`;
  {
    using file = await Deno.open(draft, { write: true, create: true, truncate: true });
    let head: string | null = null;
    for (let index = 1; index <= shards; index++) {
      const folder = shardFolder(out, index);
      const rows = await readVolumes(folder);
      if (rows === null) {
        missing.push(basename(folder));
        continue;
      }
      const [first, ...others] = rows as [string[], ...string[][]];
      const lines = others.map((row) => csvLine([basename(folder), ...row]));
      if (head === null) lines.unshift(head = csvLine(["shard", ...first]));
      await writeAll(file, new TextEncoder().encode(lines.join("")));
      masks += others.length;
      const without = await readFailed(folder);
      failed.push(...without);
      // An image that has a mask from before may have failed now
      told += new Set([...others.map(([name]) => name), ...without.map(({ name }) => name)]).size;
    }
  }
  await Deno.rename(draft, path);
  const report: GatheredPredictions = { images, told, masks, failed, missing };
  await writeJsonAtomic(join(out, "report.json"), report);
  return report;
}

const REPORT = { what: "report of a shard", code: "bad-run" } as const;

async function readVolumes(folder: string): Promise<string[][] | null> {
  const text = await ifThere(readText(join(folder, "volumes.csv"), REPORT));
  return text === undefined ? null : parseCsv(text);
}

async function readFailed(folder: string): Promise<{ name: string; why: string }[]> {
  const path = join(folder, "report.json");
  const { success, output } = v.safeParse(reportSchema, await readJson(path, REPORT));
  if (success) return output.failed;
  throw new InputError("Cannot read report of a shard: it is not one", { code: "bad-run", path });
}

import { dirname, join } from "@std/path";
import {
  discoverCases,
  type DiscoveredCases,
} from "../../../lib/slices/discovery/discover_cases.ts";
import { inFolder } from "./data_set.ts";

/** Folders of small data sets with faults, each told in its test. */
export const CASES = new URL("../../fixtures/cases/", import.meta.url).pathname;

/** Writes empty files: only their names matter here. */
export async function touch(folder: string, ...paths: string[]): Promise<void> {
  for (const path of paths) {
    await Deno.mkdir(dirname(join(folder, path)), { recursive: true });
    await Deno.writeTextFile(join(folder, path), "");
  }
}

/** What is found in a folder of files with these names, beside a `dataset.json` if there is one. */
export async function discover(
  paths: readonly string[],
  description?: string | Record<string, unknown>,
): Promise<DiscoveredCases> {
  let found: DiscoveredCases;
  await inFolder(async (folder) => {
    await touch(folder, ...paths);
    if (description !== undefined) {
      const text = typeof description === "string" ? description : JSON.stringify(description);
      await Deno.writeTextFile(join(folder, "dataset.json"), text);
    }
    found = await discoverCases(folder);
  });
  return found!;
}

/** Each case as text: "id: image + image > label". */
export function casesOf({ cases }: Pick<DiscoveredCases, "cases">): string[] {
  return cases.map(({ id, files }) =>
    `${id}: ${files.map(({ images, label }) => `${images.join(" + ")} > ${label}`).join("; ")}`
  );
}

/** Each problem as text. */
export function problemsOf({ problems }: Pick<DiscoveredCases, "problems">): string[] {
  return problems.map((problem) => `${problem.severity} ${problem.case}: ${problem.message}`);
}

import { join } from "@std/path";
import * as v from "valibot";
import { readListedJson } from "../support/listed_json.ts";
import { MANIFEST_NAME } from "./manifest.ts";
import { noteName, PLAN_NAME, readPlan, UNFINISHED } from "./unfinished.ts";

/** What slices have in every version's manifest; names cannot lead out of the folder. */
const SliceSchema = v.object({ image: sliceName("images"), label: sliceName("labels") });

function sliceName(folder: string) {
  return v.pipe(
    v.string(),
    v.regex(RegExp(`^${folder}/[^./\\\\\\0][^/\\\\\\0]*_slice_\\d+\\.(npy|png)$`)),
  );
}

/**
 * The files in a folder that a manifest, or the plan of an unfinished preparation, names.
 *
 * @returns Paths relative to the folder, the manifest first; null if there is neither.
 */
export async function ownedFiles(folder: string): Promise<string[] | null> {
  const [finished, planned] = [await fromManifest(folder), await fromPlan(folder)];
  return finished === null && planned === null ? null : [...finished ?? [], ...planned ?? []];
}

async function fromManifest(folder: string): Promise<string[] | null> {
  try {
    const owned = [MANIFEST_NAME];
    const purpose = { what: "the slices' manifest", code: "bad-prepared" } as const;
    const add = (list: string, item: unknown) => {
      if (list !== "slices") return;
      const { image, label } = v.parse(SliceSchema, item);
      owned.push(image, label);
    };
    const { version } = await readListedJson(join(folder, MANIFEST_NAME), purpose, add);
    return typeof version === "number" ? owned : null;
  } catch {
    return null;
  }
}

async function fromPlan(folder: string): Promise<string[] | null> {
  const plan = await readPlan(folder);
  if (plan === null) return null;
  const ids = new Set(plan.cases);
  const owned: string[] = [];
  for (const name of ["images", "labels"]) {
    for (const file of await filesIn(join(folder, name))) {
      const match = /^(.*)_slice_\d+\.(npy|png)(\.tmp)?$/.exec(file);
      if (match !== null && ids.has(match[1]!) && match[2] === plan.format) {
        owned.push(`${name}/${file}`);
      }
    }
  }
  const notes = plan.cases.map((id) => `${UNFINISHED}/${noteName(id)}`);
  return [...owned, ...notes, `${UNFINISHED}/${PLAN_NAME}`];
}

/** The names in a folder; none if it cannot be read. */
export async function filesIn(folder: string): Promise<string[]> {
  try {
    return (await Array.fromAsync(Deno.readDir(folder))).map(({ name }) => name);
  } catch {
    return [];
  }
}

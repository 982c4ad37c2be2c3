import { join } from "@std/path";
import * as v from "valibot";
import { MANIFEST_NAME } from "./manifest.ts";
import { noteName, PLAN_NAME, readNote, readPlan, UNFINISHED } from "./unfinished.ts";

/** The fields of every version's manifest; names cannot lead out of the folder. */
const OwnedSchema = v.object({
  version: v.number(),
  slices: v.array(v.object({ image: sliceName("images"), label: sliceName("labels") })),
});

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
    const { slices } = v.parse(OwnedSchema, await readNote(join(folder, MANIFEST_NAME)));
    return [MANIFEST_NAME, ...slices.flatMap(({ image, label }) => [image, label])];
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

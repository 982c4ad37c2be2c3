import { InputError } from "../../support/errors.ts";
import { counted, namesOf } from "../../support/names_of.ts";
import type { Problem } from "./case_source.ts";
import { firstFolder, LAYOUT_FOLDERS } from "./find_layout.ts";
import type { Layout } from "./find_layout.ts";
import type { Tree } from "./list_tree.ts";
import { otherFormats } from "./other_formats.ts";

const LAYOUTS = "A data set is a folder with images in imagesTr and labels of the same names in " +
  "labelsTr (or images and masks), files .nii, .nii.gz or .png; docs/data.md shows all layouts";

/**
 * The error for a folder in which no image has a label: what was found, and the nearest layout.
 */
export async function noDataSet(
  folder: string,
  tree: Tree,
  layout: Layout,
): Promise<InputError> {
  const error = (what: string, hint: string) =>
    new InputError(`Cannot find data: ${what}`, { code: "bad-data-set", path: folder, hint });
  const names = (files: readonly { file: { path: string } }[]) =>
    namesOf(files.map(({ file }) => file.path), 3);

  const nested = nestedDataSet(tree);
  if (nested !== undefined) return error("no images here", `Did you mean ${folder}/${nested}?`);
  const { images, labels } = layout;
  if (images.length > 0 && labels.length > 0) {
    return error(
      `no image has a label with its name: images are ${names(images)}; labels ${names(labels)}`,
      "Give a label the name of its image",
    );
  }
  if (images.length > 0) {
    const seen = `${counted(images.length, "image")} (${names(images)}) and no labels`;
    const where = firstFolder(tree, LAYOUT_FOLDERS.images) ?? "";
    const beside = where.replace(/^images/i, "labels");
    return error(
      seen,
      beside === where ? LAYOUTS : `Put labels of the same names into ${beside}`,
    );
  }
  if (labels.length > 0) {
    const seen = `${counted(labels.length, "label")} (${names(labels)}) and no images`;
    return error(seen, LAYOUTS);
  }
  const other = mostFrequent(await otherFormats(folder, tree.others));
  if (other !== undefined) {
    return error(`no .nii, .nii.gz or .png files, but ${other.what}`, other.hint);
  }
  const seen = [...tree.folders.map((name) => `${name}/`), ...tree.others];
  return error(
    seen.length === 0 ? "the folder is empty" : `no images; it holds ${namesOf(seen)}`,
    LAYOUTS,
  );
}

/** The most frequent message, with a few of its files: "3 files ignored: it is … (a, b, c)". */
export function mostFrequent(
  problems: readonly Problem[],
): { what: string; hint: string } | undefined {
  const [group] = [...Map.groupBy(problems, ({ message }) => message).values()]
    .sort((a, b) => b.length - a.length);
  if (group === undefined) return undefined;
  const [{ message, hint }] = group as [Problem];
  const names = namesOf(group.map((problem) => problem.case), 3);
  return { what: `${counted(group.length, "file")} ${message} (${names})`, hint };
}

/** A subfolder that looks like a data set. */
function nestedDataSet({ files, others, folders }: Tree): string | undefined {
  const described = others.find((path) => /^[^/]+\/dataset\.json$/.test(path));
  if (described !== undefined) return described.split("/")[0];
  return folders.filter((folder) => !folder.includes("/")).find((folder) => {
    const inside = (names: readonly string[]) =>
      firstFolder(
        {
          files,
          others,
          folders: folders.filter((path) => path.startsWith(`${folder}/`))
            .map((path) => path.slice(folder.length + 1)),
        },
        names,
      ) !== undefined;
    return inside(LAYOUT_FOLDERS.images) && inside(LAYOUT_FOLDERS.labels);
  });
}

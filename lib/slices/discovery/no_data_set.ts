/**
 * What to say of a folder that is no data set.
 *
 * @module
 */

import { InputError } from "../../support/errors.ts";
import { counted, namesOf } from "../../support/names_of.ts";
import { firstFolder, LAYOUT_FOLDERS } from "./find_layout.ts";
import type { Layout } from "./find_layout.ts";
import type { Tree } from "./list_tree.ts";
import { describeOtherFormat } from "./other_formats.ts";

const LAYOUTS = "A data set is a folder with images in imagesTr and labels of the same names in " +
  "labelsTr (or images and masks), files .nii, .nii.gz or .png; docs/data.md shows all layouts";

/**
 * The error for a folder in which no image has a label: what was seen there, and the nearest
 * layout.
 */
export function noDataSet(folder: string, tree: Tree, layout: Layout): InputError {
  const error = (what: string, hint: string) =>
    new InputError(`Cannot find data: ${what}`, { code: "bad-data-set", path: folder, hint });
  const names = (files: readonly { file: { path: string } }[]) =>
    namesOf(files.map(({ file }) => file.path), 3);

  const nested = nestedDataSet(tree);
  if (nested !== undefined) return error("no images here", `Did you mean ${folder}/${nested}?`);
  const { images, labels } = layout;
  if (images.length > 0 && labels.length > 0) {
    return error(
      `no image has a label of its name: images are ${names(images)}; labels ${names(labels)}`,
      "Give a label the name of its image",
    );
  }
  if (images.length > 0) {
    const seen = `${counted(images.length, "image")} (${names(images)}) and no labels`;
    const where = firstFolder(tree, LAYOUT_FOLDERS.images)?.replace(/^images/i, "labels");
    return error(
      seen,
      where === undefined ? LAYOUTS : `Put labels of the same names into ${where}`,
    );
  }
  if (labels.length > 0) {
    const seen = `${counted(labels.length, "label")} (${names(labels)}) and no images`;
    return error(seen, LAYOUTS);
  }
  const [other] = otherFormats(tree.others);
  if (other !== undefined) {
    return error(`no .nii, .nii.gz or .png files, but ${other.what}`, other.hint);
  }
  const seen = [...tree.folders.map((name) => `${name}/`), ...tree.others];
  return error(
    seen.length === 0 ? "the folder is empty" : `no images; it holds ${namesOf(seen)}`,
    LAYOUTS,
  );
}

/** The formats that files have, the most frequent first: "3 files that are DICOM (a.dcm, …)". */
export function otherFormats(paths: readonly string[]): { what: string; hint: string }[] {
  const described = paths.flatMap((path) => {
    const finding = describeOtherFormat(path);
    return finding === null ? [] : [{ path, finding }];
  });
  return [...Map.groupBy(described, ({ finding }) => finding.message).values()]
    .sort((a, b) => b.length - a.length)
    .map((group) => ({
      what: `${counted(group.length, "file")} ${group[0]!.finding.message} ` +
        `(${namesOf(group.map(({ path }) => path), 3)})`,
      hint: group[0]!.finding.hint,
    }));
}

/** A folder below that looks like a data set. */
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

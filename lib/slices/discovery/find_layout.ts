import { isLabelName, stemOf } from "./file_names.ts";
import type { Tree, TreeFile } from "./list_tree.ts";
import type { ScopedFile } from "./pair_files.ts";

/** The images and labels of a data set, not paired yet. */
export interface Layout {
  readonly images: readonly ScopedFile[];
  readonly labels: readonly ScopedFile[];
}

/** Names of folders in the form of {@linkcode plainName}; the first that exists is used. */
const IMAGE_FOLDERS = "imagestr images image imgs img scans volumes inputs".split(" ");
const LABEL_FOLDERS = ("labelstr labels label masks mask segmentations segmentation segs seg " +
  "annotations groundtruth gt targets").split(" ");
/** Folders without training cases. */
const PASSED_OVER = "imagests labelsts prepared runs predictions".split(" ");
const SUBJECT = /^sub-[a-z0-9]+$/i;

/**
 * Sorts the files of a folder into images and labels:
 *
 * - two folders side by side (`imagesTr` and `labelsTr`, `images` and `masks`, …);
 * - BIDS: images in `sub-<id>/[ses-<id>/]anat`, labels there or in `derivatives`;
 * - otherwise by folders and names: `a_image` and `a_label`, `a` and `a_seg`, or one folder per
 * patient with `image` and `mask`.
 */
export function findLayout(tree: Tree): Layout {
  const images = firstFolder(tree, IMAGE_FOLDERS);
  const labels = firstFolder(tree, LABEL_FOLDERS);
  if (images !== undefined && labels !== undefined) {
    const below = (folder: string) =>
      tree.files.filter(({ path }) => path.startsWith(`${folder}/`))
        .map((file) => ({ file, scope: file.folder.slice(folder.length + 1) }));
    return { images: below(images), labels: below(labels) };
  }
  if (tree.folders.some((folder) => SUBJECT.test(folder))) return findBids(tree);
  return findByName(tree);
}

/** The names of the two folders for images and labels, as spelled on disk. */
export function firstFolder(tree: Tree, names: readonly string[]): string | undefined {
  const there = new Map(
    tree.folders.filter((folder) => !folder.includes("/"))
      .map((folder) => [plainName(folder), folder]),
  );
  return names.map((name) => there.get(name)).find((folder) => folder !== undefined);
}

function findBids({ files }: Tree): Layout {
  const inBids = files.filter(({ path }) => /^(derivatives|sub-[a-z0-9]+)\//i.test(path));
  const isAnatomical = ({ path }: TreeFile) => path.split("/").includes("anat");
  const usual = inBids.some(isAnatomical) ? inBids.filter(isAnatomical) : inBids;
  const isDerived = ({ path }: TreeFile) => /^derivatives\//i.test(path);
  // BIDS names include subject and session
  const scoped = (some: readonly TreeFile[]) => some.map((file) => ({ file, scope: "" }));
  const labels = usual.filter(({ name }) => isLabelName(stemOf(name)));
  const isLabel = new Set(labels);
  return {
    images: scoped(usual.filter((file) => !isDerived(file) && !isLabel.has(file))),
    labels: scoped(labels),
  };
}

function findByName({ files }: Tree): Layout {
  const images: ScopedFile[] = [];
  const labels: ScopedFile[] = [];
  for (const file of files) {
    const folders = file.folder === "" ? [] : file.folder.split("/");
    const plain = folders.map(plainName);
    if (isPassedOver(file)) continue;
    const isRole = (folder: string) =>
      IMAGE_FOLDERS.includes(folder) || LABEL_FOLDERS.includes(folder);
    const scope = folders.filter((_, i) => !isRole(plain[i]!)).join("/");
    const isLabel = plain.some((folder) => LABEL_FOLDERS.includes(folder)) ||
      isLabelName(stemOf(file.name));
    (isLabel ? labels : images).push({ file, scope });
  }
  return { images, labels };
}

/** Whether a file is in a folder for test images or results, which hold no training cases. */
export function isPassedOver({ folder }: TreeFile): boolean {
  return folder.split("/").some((name) => PASSED_OVER.includes(plainName(name)));
}

/** A folder's name in lower case, without underscores, hyphens and spaces. */
function plainName(folder: string): string {
  return folder.toLowerCase().replace(/[-_ ]/g, "");
}

/** Whether a folder has a usual name for images, or for labels. */
export const LAYOUT_FOLDERS = { images: IMAGE_FOLDERS, labels: LABEL_FOLDERS };

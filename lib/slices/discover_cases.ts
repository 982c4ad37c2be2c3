/**
 * Finding the cases of a data set on disk.
 *
 * @module
 */

import { basename, dirname, join, normalize } from "@std/path";
import { InputError } from "../support/errors.ts";
import { readDescription } from "./dataset_description.ts";
import type { DataCase, Problem } from "./types.ts";

/** A data set as it lies on disk. */
export interface DiscoveredCases {
  readonly kind: "volumes" | "png";
  /** Sorted by id, then index. */
  readonly cases: readonly DataCase[];
  /** What was found missing or left over, by case. */
  readonly problems: readonly Problem[];
  /**
   * Files that are passed over, relative to the folder: macOS's `._*`, and images and labels that
   * `dataset.json` does not list.
   */
  readonly unread: readonly string[];
  /** The values that labels may hold, where `dataset.json` says so. */
  readonly labels?: readonly number[];
}

const IMAGE_FOLDERS = ["imagesTr", "images"];
const LABEL_FOLDERS = ["labelsTr", "labels", "masks"];
const VOLUME = /\.nii(\.gz)?$/i;
const PICTURE = /\.png$/i;
const LAYOUTS = "A data set is dataset.json with imagesTr and labelsTr, or a folder images " +
  "beside labels or masks, each with .nii, .nii.gz or .png files";

/**
 * Finds images and their labels in a data folder: the Medical Segmentation Decathlon's layout
 * (`dataset.json` lists the pairs), or two folders with files of the same names, of volumes
 * (`imagesTr` and `labelsTr`, or `images` and `labels`; nnU-Net's `_0000` is understood) or of PNG
 * pictures (`images` and `masks` or `labels`; a mask's name may end in `_mask` or `_label`).
 * Hidden files, macOS's `._*` among them, are passed over.
 *
 * Each picture is a case of its own, unless its name says otherwise: `<case>_slice_000.png`.
 *
 * @param folder The data folder.
 * @returns The cases; one without a label has no `label`, and a problem says so.
 * @throws {InputError} If the folder is missing, of no known layout, or has no images or no labels.
 */
export async function discoverCases(folder: string): Promise<DiscoveredCases> {
  if (!(await isFolder(folder))) {
    throw new InputError("Cannot find data: no such folder", {
      code: "bad-data-set",
      path: folder,
      hint: LAYOUTS,
    });
  }
  const { training, labels } = await readDescription(folder);
  const { pairs, problems } = training === undefined
    ? await pairFolders(folder)
    : await pairList(folder, training);
  const kind = kindOf(pairs.map((pair) => pair.image), folder);
  const cases = toCases(pairs, problems);
  if (cases.length > 0 && cases.every((entry) => entry.label === undefined)) {
    throw new InputError(`Cannot find labels: none of ${cases.length} images has one`, {
      code: "bad-data-set",
      path: folder,
      hint: "A label has the same file name as its image and lies in labelsTr, labels or masks",
    });
  }
  const unread = await findUnread(folder, pairs, training !== undefined);
  return { kind, cases, problems, unread, ...(labels === undefined ? {} : { labels }) };
}

/**
 * The volumes in a folder, sorted, without hidden files.
 *
 * @param folder Any folder.
 * @returns File names, without the folder.
 * @throws {InputError} If there is no such folder.
 */
export async function listVolumes(folder: string): Promise<string[]> {
  return (await listFiles(folder)).filter((name) => VOLUME.test(name));
}

interface Pair {
  id: string;
  image: string;
  label?: string;
}

/**
 * The files beside those of the cases that nobody else tells about: macOS's `._*`, and those that
 * a list of cases leaves out.
 */
async function findUnread(
  folder: string,
  pairs: readonly Pair[],
  isListed: boolean,
): Promise<string[]> {
  const files = pairs.flatMap(({ image, label }) => label === undefined ? [image] : [image, label]);
  const unread: string[] = [];
  for (const below of new Set([".", ...files.map((file) => dirname(file))])) {
    for await (const { name, isDirectory } of Deno.readDir(join(folder, below))) {
      const path = below === "." ? name : `${below}/${name}`;
      const unlisted = isListed && isData(name) && !name.startsWith(".") && !files.includes(path);
      if (!isDirectory && (name.startsWith("._") || unlisted)) unread.push(path);
    }
  }
  return unread.sort();
}

async function pairList(folder: string, list: readonly unknown[]) {
  const problems: Problem[] = [];
  const pairs: Pair[] = [];
  const wrong = (id: string, message: string) =>
    problems.push({ severity: "error", case: id, message });
  for (const [i, entry] of list.entries()) {
    const { image, label } = (typeof entry === "string" ? { image: entry } : entry ?? {}) as {
      image?: unknown;
      label?: unknown;
    };
    if (typeof image !== "string" || image === "") {
      wrong(`#${i}`, "entry of dataset.json names no image");
      continue;
    }
    const id = stem(image);
    const [imagePath, labelPath] = [image, label].map((path) =>
      typeof path === "string" ? inside(path) : undefined
    );
    if (imagePath === undefined) wrong(id, "image in dataset.json lies outside of the data folder");
    else if (basename(imagePath).startsWith(".")) continue;
    else if (!(await isFile(join(folder, imagePath)))) wrong(id, "image is missing");
    else if (labelPath === undefined || !(await isFile(join(folder, labelPath)))) {
      wrong(id, "label is missing");
      pairs.push({ id, image: imagePath });
    } else pairs.push({ id, image: imagePath, label: labelPath });
  }
  if (pairs.length === 0) {
    throw new InputError("Cannot find images: none that dataset.json lists is there", {
      code: "bad-data-set",
      path: folder,
      hint: LAYOUTS,
    });
  }
  return { pairs, problems };
}

async function pairFolders(folder: string) {
  const images = await firstFolder(folder, IMAGE_FOLDERS, "images");
  const labels = await firstFolder(folder, LABEL_FOLDERS, "labels");
  const imageFiles = (await listFiles(join(folder, images))).filter(isData);
  const labelFiles = (await listFiles(join(folder, labels))).filter(isData);
  for (
    const [what, name, files] of [["images", images, imageFiles], [
      "labels",
      labels,
      labelFiles,
    ]] as const
  ) {
    if (files.length > 0) continue;
    throw new InputError(`Cannot find ${what}: no .nii, .nii.gz or .png files`, {
      code: "bad-data-set",
      path: join(folder, name),
      hint: LAYOUTS,
    });
  }

  const byStem = new Map(
    labelFiles.map((file) => [stem(file).replace(/_(mask|label|seg)$/i, ""), file]),
  );
  for (const file of labelFiles) byStem.set(stem(file), file);
  const problems: Problem[] = [];
  const pairs: Pair[] = [];
  const left = new Set(labelFiles);
  for (const file of imageFiles) {
    const name = stem(file);
    const [, shared, channel] = /^(.+)_(\d{4})$/.exec(name) ?? [];
    const id = byStem.has(name) || !byStem.has(shared ?? "") ? name : shared!;
    if (id === shared && channel !== "0000") {
      problems.push({
        severity: "warning",
        case: id,
        message: `${file} is not read, only _0000 is`,
      });
      continue;
    }
    const label = byStem.get(id);
    if (label === undefined) {
      problems.push({ severity: "error", case: id, message: "label is missing" });
      pairs.push({ id, image: `${images}/${file}` });
    } else {
      left.delete(label);
      pairs.push({ id, image: `${images}/${file}`, label: `${labels}/${label}` });
    }
  }
  for (const file of left) {
    problems.push({ severity: "warning", case: stem(file), message: "label has no image" });
  }
  return { pairs, problems };
}

function toCases(pairs: readonly Pair[], problems: Problem[]): DataCase[] {
  const cases = pairs.map((pair): DataCase => {
    const [, series, index] = PICTURE.test(pair.image)
      ? /^(.+)_slice_(\d{1,9})$/.exec(pair.id) ?? []
      : [];
    return { ...pair, id: series ?? pair.id, index: Number(index ?? 0) };
  });
  const groups = Map.groupBy(cases, (entry) => `${entry.index} ${entry.id}`);
  for (const group of groups.values()) {
    if (group.length === 1) continue;
    const files = group.map((entry) => entry.image).join(", ");
    problems.push({ severity: "error", case: group[0]!.id, message: `several images: ${files}` });
  }
  return cases
    .filter((entry) => groups.get(`${entry.index} ${entry.id}`)!.length === 1)
    .sort((a, b) => a.id === b.id ? a.index - b.index : a.id < b.id ? -1 : 1);
}

function kindOf(images: readonly string[], folder: string): "volumes" | "png" {
  const pictures = images.filter((image) => PICTURE.test(image)).length;
  if (pictures !== 0 && pictures !== images.length) {
    throw new InputError("Cannot use data: it mixes volumes and PNG pictures", {
      code: "bad-data-set",
      path: folder,
      hint: "Keep them in two data folders",
    });
  }
  return pictures === 0 ? "volumes" : "png";
}

/** A path without detours; `undefined` where it leads out of the folder. */
function inside(path: string): string | undefined {
  const plain = normalize(path).replaceAll("\\", "/");
  return /^(\.\.)?(\/|$)/.test(plain) || plain.includes(":") ? undefined : plain;
}

function isData(name: string): boolean {
  return VOLUME.test(name) || PICTURE.test(name);
}

function stem(path: string): string {
  return basename(path).replace(VOLUME, "").replace(PICTURE, "");
}

async function firstFolder(
  folder: string,
  names: readonly string[],
  what: string,
): Promise<string> {
  for (const name of names) if (await isFolder(join(folder, name))) return name;
  throw new InputError(`Cannot find ${what}: no folder ${names.join(" or ")}`, {
    code: "bad-data-set",
    path: folder,
    hint: LAYOUTS,
  });
}

async function listFiles(folder: string): Promise<string[]> {
  if (!(await isFolder(folder))) {
    throw new InputError("Cannot read folder: no such folder", {
      code: "bad-data-set",
      path: folder,
    });
  }
  const names: string[] = [];
  for await (const { name, isDirectory } of Deno.readDir(folder)) {
    if (!isDirectory && !name.startsWith(".")) names.push(name);
  }
  return names.sort();
}

async function isFolder(path: string): Promise<boolean> {
  return (await Deno.stat(path).catch(() => undefined))?.isDirectory ?? false;
}

async function isFile(path: string): Promise<boolean> {
  return (await Deno.stat(path).catch(() => undefined))?.isFile ?? false;
}

import { basename, dirname, join } from "@std/path";
import { InputError } from "../../support/errors.ts";
import { namesOf } from "../../support/names_of.ts";
import { asError, asWarning, type CaseSource, type Finding, type Problem } from "./case_source.ts";
import { isImageFile, isLabelName, stemOf } from "./file_names.ts";
import { groupChannels } from "./group_channels.ts";
import { identify, joinSeries } from "./join_series.ts";
import { listTree, type Tree, type TreeFile } from "./list_tree.ts";
import { mostFrequent } from "./no_data_set.ts";
import { otherFormats } from "./other_formats.ts";
import { pairFiles } from "./pair_files.ts";

/** The images at a path. */
export interface ImageList {
  /** Sorted by id; without labels. */
  readonly cases: readonly CaseSource[];
  /** Files that cannot be read or are ignored, with the reason. */
  readonly problems: readonly Problem[];
}

/** A part of the images: the `index`th, from 1, of `count`. */
export interface Shard {
  readonly index: number;
  readonly count: number;
}

/**
 * The images at a path as cases: volumes, series of pictures (`<case>_slice_000.png`), and the
 * channels of one case (`a_0000`, `a_0001`, or the model's own names, such as `a_t1`). A case, and
 * its mask, has the name of its files without number or channel.
 *
 * @param channels What the channels of the training data are called; empty if not known.
 * @throws {InputError} If there is nothing to predict; the message lists what was found.
 */
export async function listImages(path: string, channels: readonly string[]): Promise<ImageList> {
  const { folder, tree } = await listPath(path);
  const top = tree.files.filter((file) => file.folder === "");
  const { images, labels } = withoutLabels(top);
  const others = tree.others.filter((name) => !name.includes("/") && !name.startsWith("._"));
  const formats = await otherFormats(folder, others);
  if (images.length === 0) throw nothingToPredict(path, tree, formats);
  const known = new Map(formats.map((problem) => [problem.case, problem]));
  const problems: Problem[] = [
    ...labels.map(({ path }) => passed(path, "ignored: it is the label of an image")),
    ...tree.folders.filter((name) => !name.includes("/"))
      .map((name) => passed(`${name}/`, "ignored: it is a folder")),
    ...others.map((name) => known.get(name) ?? passed(name, "ignored: it is not an image")),
    ...images.flatMap(({ path, problem }) => problem === null ? [] : [{ ...problem, case: path }]),
  ];
  const sound = images.filter(({ problem }) => problem === null);
  return { cases: casesOf(folder, sound, channels, problems), problems };
}

/**
 * The cases that images of one folder are of; see {@linkcode listImages}.
 *
 * @param files Relative to the folder.
 * @param problems Takes what cannot be used.
 */
export function casesOf(
  folder: string,
  files: readonly TreeFile[],
  channels: readonly string[],
  problems: Problem[],
): CaseSource[] {
  const items = groupChannels(files, channels).map((group) => {
    const { index, ...item } = identify(group);
    const paths = group.images.map(({ file }) => file.path);
    return { ...item, files: { index, images: paths, label: null } };
  });
  return joinSeries(folder, items, problems);
}

async function listPath(path: string): Promise<{ folder: string; tree: Tree }> {
  const { isDirectory, isFile } = await Deno.stat(path).catch((cause) => {
    throw new InputError("Cannot read image: no such file or folder", {
      code: "bad-image",
      path,
      cause,
    });
  });
  if (isDirectory) return { folder: path, tree: await listTree(path, 2) };
  if (!isFile) {
    throw new InputError("Cannot read image: not a regular file", { code: "bad-image", path });
  }
  const name = basename(path);
  const isImage = isImageFile(name);
  const files = isImage ? [{ path: name, folder: "", name, problem: null }] : [];
  return { folder: dirname(path), tree: { files, others: isImage ? [] : [name], folders: [] } };
}

/** Separates labels whose image is there too. */
function withoutLabels(files: readonly TreeFile[]) {
  const scoped = files.map((file) => ({ file, scope: "" }));
  const { labels = [], images = [] } = Object.groupBy(
    scoped,
    ({ file }) => isLabelName(stemOf(file.name)) ? "labels" : "images",
  );
  const left = new Set(pairFiles(images, labels).leftLabels);
  const isLabel = new Set(labels.map(({ file }) => file).filter((file) => !left.has(file)));
  return { images: files.filter((file) => !isLabel.has(file)), labels: [...isLabel] };
}

function passed(path: string, message: string): Problem {
  return { ...asWarning(message), case: path };
}

function nothingToPredict(path: string, tree: Tree, formats: readonly Problem[]): InputError {
  const other = mostFrequent(formats);
  const below = tree.files.find((file) => file.folder !== "")?.folder;
  const seen = [...tree.folders.map((name) => `${name}/`), ...tree.others];
  const what = other?.what ?? (seen.length === 0 ? "it is empty" : `it holds ${namesOf(seen)}`);
  return new InputError(`Cannot find images: no .nii, .nii.gz or .png file; ${what}`, {
    code: "bad-image",
    path,
    hint: below === undefined
      ? other?.hint ?? "Give a volume, a picture, or a folder of them"
      : `Give the folder that they are in, such as ${join(path, below)}`,
  });
}

/** The problem with a case that is not of the kind that the model was trained on. */
export function compareKind(source: CaseSource, trained: CaseSource["kind"]): Finding[] {
  if (source.kind === trained) return [];
  const [seen, given] = [trained, source.kind].map((kind) =>
    kind === "volume" ? "volumes" : "PNG pictures"
  );
  const hint = `Give ${seen}, or use another model`;
  return [asError(`the model was trained on ${seen}, not on ${given}`, hint)];
}

/**
 * A shard's images: every `count`th, so that shards have equal sizes. Together the shards cover
 * each image once, on any machines that see the same files.
 *
 * @example
 * ```ts
 * import { takeShard } from "./list_images.ts";
 * import assert from "node:assert/strict";
 *
 * assert.deepEqual(takeShard(["a", "b", "c", "d", "e"], { index: 2, count: 2 }), ["b", "d"]);
 * ```
 */
export function takeShard<T>(images: readonly T[], { index, count }: Shard): T[] {
  return images.filter((_, i) => i % count === index - 1);
}

import { dirname, normalize } from "@std/path";
import { asError, type Problem } from "./case_source.ts";
import { comparable, isImageFile, stemOf } from "./file_names.ts";
import type { Tree, TreeFile } from "./list_tree.ts";
import type { ChannelFile, FileGroup } from "./pair_files.ts";

/** The result of reading a list of cases. */
export interface ListedFiles {
  readonly groups: readonly FileGroup[];
  readonly problems: readonly Problem[];
}

/**
 * Finds the files of listed cases. A file is found under its name in other Unicode or case, with
 * or without `.gz`, and as nnU-Net's channels: `a.nii.gz` in the list, `a_0000.nii.gz` on disk.
 *
 * @param training The entries, as `dataset.json` has them.
 */
export function findListed(training: readonly unknown[], tree: Tree): ListedFiles {
  const byPath = new Map(tree.files.map((file) => [file.path.normalize("NFC"), file]));
  const byStem = Map.groupBy(tree.files, ({ path }) => stemKey(path));
  /** The file of a path; the first of several. */
  const find = (path: string) =>
    byPath.get(path.normalize("NFC")) ?? byStem.get(stemKey(path))?.[0];
  const groups: FileGroup[] = [];
  const problems: Problem[] = [];
  for (const [i, entry] of training.entries()) {
    const { id, image, label } = parseEntry(entry);
    const wrong = (name: string, message: string) =>
      problems.push({ ...asError(message, "Correct dataset.json"), case: name });
    const given = image.length === 0 || image.includes("") ? undefined : image;
    if (given === undefined) {
      wrong(`#${i}`, "entry of dataset.json has no image");
      continue;
    }
    const paths = given.map(inside);
    const odd = given.find((path) => stemOf(path) === "" || !isImageFile(path));
    const name = stemOf(id ?? given[0]!); // never a path
    if (odd !== undefined) wrong(`#${i}`, `entry of dataset.json is not an image: ${odd}`);
    else if (paths.includes(undefined)) {
      wrong(name, "image in dataset.json is outside the data folder");
    } else if (name.startsWith("._")) continue; // macOS; the file is reported as ignored
    else {
      const images = findChannels(paths as string[], find);
      if (images.length === 0) {
        wrong(name, "image is missing");
        continue;
      }
      const labelPath = label === undefined ? undefined : inside(label);
      const found = labelPath === undefined ? undefined : find(labelPath);
      groups.push({ scope: "", name, images, labels: found === undefined ? [] : [found] });
    }
  }
  return { groups, problems };
}

function parseEntry(
  entry: unknown,
): { id: string | undefined; image: readonly string[]; label: string | undefined } {
  if (typeof entry === "string") return { id: undefined, image: [entry], label: undefined };
  const { id, image, images, label } = (entry ?? {}) as Record<string, unknown>;
  const paths = [images ?? image].flat().map((path) => typeof path === "string" ? path : "");
  const text = (value: unknown) => typeof value === "string" ? value : undefined;
  return { id: text(id), image: paths, label: text(label) };
}

/** The files of a case: as listed, or numbered by channel. None if one is missing. */
function findChannels(
  paths: readonly string[],
  find: (path: string) => TreeFile | undefined,
): ChannelFile[] {
  const found = paths.map(find);
  if (!found.includes(undefined)) {
    const single = found.length === 1;
    return found.map((file, i) => ({ file: file!, channel: single ? "" : digits(i) }));
  }
  const channels: ChannelFile[] = [];
  if (paths.length > 1) return channels;
  for (let i = 0;; i++) {
    const file = find(paths[0]!.replace(/(\.nii(\.gz)?|\.png)$/i, `_${digits(i)}$1`));
    if (file === undefined) return channels;
    channels.push({ file, channel: digits(i) });
  }
}

function digits(channel: number): string {
  return String(channel).padStart(4, "0");
}

function stemKey(path: string): string {
  return comparable(`${dirname(path)}/${stemOf(path)}`);
}

/** A normalised path; `undefined` if it leads out of the folder. */
function inside(path: string): string | undefined {
  const plain = normalize(path).replaceAll("\\", "/");
  return /^(\.\.)?(\/|$)/.test(plain) || plain.includes(":") ? undefined : plain;
}

/** The folders that hold the files of groups. */
export function foldersOf(groups: readonly FileGroup[]): Set<string> {
  return new Set(
    groups.flatMap(({ images, labels }) => [
      ...images.map(({ file }) => file.folder),
      ...labels.map((file) => file.folder),
    ]),
  );
}

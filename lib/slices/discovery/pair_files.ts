import {
  channelSplits,
  comparable,
  stemOf,
  withoutImageWords,
  withoutLabelWords,
} from "./file_names.ts";
import type { TreeFile } from "./list_tree.ts";

/** A file with its case's folder; "" for a folder that all cases share. */
export interface ScopedFile {
  readonly file: TreeFile;
  /** The case's own folders, such as "p01" or "p01/visit2". */
  readonly scope: string;
}

/** An image file of a case. */
export interface ChannelFile {
  readonly file: TreeFile;
  /** The rest of its name after the case's, such as "0001" or "T2"; "" for the only channel. */
  readonly channel: string;
}

/** Files of one volume or one picture. */
export interface FileGroup {
  readonly scope: string;
  /** The common part of their names; "" in a case's own folder. */
  readonly name: string;
  readonly images: readonly ChannelFile[];
  /** Several if that is unclear; none if there is no label. */
  readonly labels: readonly TreeFile[];
}

/**
 * Pairs images with labels of the same name, in linear time. Names may contain words for labels
 * (`a_seg`) and images (`img_a`); any other ending of an image's name is its channel (`a_0001`,
 * `a_t1`). An image with exactly the label's name is the only one.
 *
 * @returns A group for each image or set of channels, and the labels that have no image.
 */
export function pairFiles(
  images: readonly ScopedFile[],
  labels: readonly ScopedFile[],
): { groups: FileGroup[]; leftLabels: TreeFile[] } {
  const byName = labelsByName(labels);
  const groups = new GroupList();
  const unlabelled: ScopedFile[] = [];
  let isNumbered = false;
  for (const image of images) {
    const match = matchName(stemOf(image.file.name), image.scope, byName);
    if (match === undefined) unlabelled.push(image);
    else groups.add(image, match.name, match.channel, match.labels);
    isNumbered ||= NUMBERED.test(`_${match?.channel}`);
  }
  for (const image of unlabelled) {
    const stem = stemOf(image.file.name);
    const [, name, channel] = isNumbered ? NUMBERED.exec(stem) ?? [] : [];
    groups.add(image, name ?? stem, channel ?? "", []);
  }
  const used = new Set(groups.all.flatMap((group) => group.labels));
  return {
    groups: groups.all,
    leftLabels: labels.map(({ file }) => file).filter((file) => !used.has(file)),
  };
}

const NUMBERED = /^(.*)_(\d{4})$/;

/** Groups by scope and name. */
class GroupList {
  readonly #groups = new Map<string, FileGroup & { images: ChannelFile[] }>();

  add({ file, scope }: ScopedFile, name: string, channel: string, labels: TreeFile[]): void {
    const key = keyOf(scope, name);
    const group = this.#groups.get(key) ?? { scope, name, images: [], labels };
    this.#groups.set(key, group);
    group.images.push({ file, channel });
  }

  get all(): FileGroup[] {
    return [...this.#groups.values()];
  }
}

function labelsByName(labels: readonly ScopedFile[]): Map<string, TreeFile[]> {
  const whole = Map.groupBy(labels, ({ file, scope }) => keyOf(scope, stemOf(file.name)));
  const bare = Map.groupBy(
    labels,
    ({ file, scope }) => keyOf(scope, withoutLabelWords(stemOf(file.name))),
  );
  return new Map(
    [...bare, ...whole].map(([key, group]) => [key, group.map(({ file }) => file)]),
  );
}

/** The label that matches an image's name, and the rest of the name. */
function matchName(
  stem: string,
  scope: string,
  byName: ReadonlyMap<string, TreeFile[]>,
): { name: string; channel: string; labels: TreeFile[] } | undefined {
  const whole = [stem, withoutImageWords(stem)].map((name) => ({ base: name, channel: "" }));
  for (const { base, channel } of [...whole, ...channelSplits(stem)]) {
    const labels = base === "" && scope === "" ? undefined : byName.get(keyOf(scope, base));
    if (labels !== undefined) return { name: base, channel, labels };
  }
  return undefined;
}

function keyOf(scope: string, name: string): string {
  return `${scope}/${comparable(name)}`;
}

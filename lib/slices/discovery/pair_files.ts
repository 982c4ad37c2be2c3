/**
 * Which image files belong to which label, by their names.
 *
 * @module
 */

import {
  channelSplits,
  comparable,
  stemOf,
  withoutImageWords,
  withoutLabelWords,
} from "./file_names.ts";
import type { TreeFile } from "./list_tree.ts";

/** A file with what its folder says about the case; "" for a folder that all cases share. */
export interface ScopedFile {
  readonly file: TreeFile;
  /** Folders that are the case's own, as "p01" or "p01/visit2". */
  readonly scope: string;
}

/** An image file of a case. */
export interface ChannelFile {
  readonly file: TreeFile;
  /** What its name has behind that of the case, as "0001" or "T2"; "" for the only channel. */
  readonly channel: string;
}

/** Files of one volume or one picture. */
export interface FileGroup {
  readonly scope: string;
  /** What their names have in common; "" in a folder of a case's own. */
  readonly name: string;
  readonly images: readonly ChannelFile[];
  /** Several where that is not clear; none where there is no label. */
  readonly labels: readonly TreeFile[];
}

/**
 * Pairs images with labels of the same name, in linear time. A label's name may say that it is one
 * (`a_seg`), an image's too (`img_a`); what else an image's name has at its end is its channel
 * (`a_0001`, `a_t1`). Where a file has the label's whole name, it is the only image.
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

/** The label that an image's name fits, and what is left of the name. */
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

import { channelSplits, comparable, isPicture, stemOf } from "./file_names.ts";
import type { TreeFile } from "./list_tree.ts";
import type { FileGroup } from "./pair_files.ts";

/** More numbered volumes than this are cases, not channels. */
const MOST_CHANNELS = 16;

/**
 * Groups images that are named like the channels of the training data (`a_t1`, `a_t2`), or numbered
 * like nnU-Net's, without a gap (`a_0000`, `a_0001`). Numbered pictures are channels only if there
 * are as many as in the training data.
 *
 * @param files The files of one folder.
 * @param channels The channel names of the training data; empty if unknown.
 * @returns One group per case; an image that is not a channel is its own group.
 */
export function groupChannels(
  files: readonly TreeFile[],
  channels: readonly string[],
): FileGroup[] {
  const places = new Map(channels.map((channel, i) => [comparable(channel), i]));
  const split = files.map((file) => {
    const stem = stemOf(file.name);
    for (const { base, channel } of channelSplits(stem)) {
      if (base === "") break;
      const place = places.get(comparable(channel));
      if (place !== undefined) return { file, base, channel, place, isNumbered: false };
      if (!/^\d{4}$/.test(channel)) continue;
      return { file, base, channel, place: Number(channel), isNumbered: true };
    }
    return { file, base: stem, channel: "", place: 0, isNumbered: false };
  });
  const groups: FileGroup[] = [];
  for (const group of Map.groupBy(split, keyOf).values()) {
    group.sort((a, b) => a.place - b.place);
    const [{ base, channel, isNumbered, file }] = group as [typeof group[0]];
    const isWhole = channel !== "" && group.every(({ place }, i) => place === i) &&
      (group.length === Math.max(channels.length, 1) ||
        (isNumbered && !isPicture(file.name) && group.length <= MOST_CHANNELS));
    if (isWhole) groups.push({ scope: "", name: base, images: group, labels: [] });
    else for (const { file } of group) groups.push(alone(file));
  }
  return groups;
}

function keyOf({ base, isNumbered, channel }: {
  base: string;
  isNumbered: boolean;
  channel: string;
}): string {
  return `${channel === "" ? "alone" : isNumbered ? "numbered" : "named"} ${comparable(base)}`;
}

function alone(file: TreeFile): FileGroup {
  return { scope: "", name: stemOf(file.name), images: [{ file, channel: "" }], labels: [] };
}

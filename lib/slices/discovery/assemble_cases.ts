import { asError, asWarning, type CaseSource, type Problem } from "./case_source.ts";
import { comparable } from "./file_names.ts";
import { identify, type Item, joinSeries, severalImages } from "./join_series.ts";
import type { ChannelFile, FileGroup } from "./pair_files.ts";

/** Cases, and problems with their files. */
export interface AssembledCases {
  /** Sorted by id. */
  readonly cases: readonly CaseSource[];
  readonly problems: readonly Problem[];
  /** The channels' names in file names; empty if images are single files. */
  readonly channels: readonly string[];
}

/**
 * Makes cases of groups of files. All must have the channels of the majority.
 *
 * @param channelOrder Channel names in the data set's declared order, if any.
 */
export function assembleCases(
  folder: string,
  groups: readonly FileGroup[],
  channelOrder: readonly string[],
): AssembledCases {
  const problems: Problem[] = [];
  const channels = usualChannels(groups, channelOrder);
  const items: Item[] = [];
  for (const group of groups) {
    const item = toItem(group, channels, problems);
    if (item !== undefined) items.push(item);
  }
  for (const { name, files } of items) if (files.label === null) problems.push(missingLabel(name));
  const isLabelled = new Set(items.filter(({ files }) => files.label !== null).map(({ id }) => id));
  const kept = items.filter(({ id, files }) => files.label !== null || !isLabelled.has(id));
  return { cases: joinSeries(folder, kept, problems), problems, channels };
}

/** The channels of most groups, in order. */
function usualChannels(groups: readonly FileGroup[], order: readonly string[]): string[] {
  const counts = new Map<string, { count: number; channels: string[] }>();
  for (const group of groups) {
    const channels = [...new Set(imagesOf(group).map(({ channel }) => comparable(channel)))].sort();
    const key = channels.join("/");
    const known = counts.get(key) ?? { count: 0, channels };
    counts.set(key, { ...known, count: known.count + 1 });
  }
  const [most] = [...counts.values()].sort((a, b) =>
    b.count - a.count || b.channels.length - a.channels.length
  );
  const channels = most?.channels ?? [];
  const places = channels.map((channel) => order.map(comparable).indexOf(channel));
  return places.some((place) => place < 0)
    ? channels
    : channels.sort((a, b) => order.map(comparable).indexOf(a) - order.map(comparable).indexOf(b));
}

/** Its image files; only one if that has exactly the case's name. */
function imagesOf({ images }: FileGroup): readonly ChannelFile[] {
  const whole = images.filter(({ channel }) => channel === "");
  return whole.length > 0 ? whole : images;
}

function toItem(
  group: FileGroup,
  channels: readonly string[],
  problems: Problem[],
): Item | undefined {
  const images = imagesOf(group);
  const { name, id, index, kind } = identify(group);
  const wrong: Problem[] = [];
  const tell = (message: string, hint: string) =>
    wrong.push({ ...asError(message, hint), case: name });

  if (group.labels.length > 1) {
    const paths = group.labels.map(({ path }) => path).sort().join(", ");
    tell(`several labels: ${paths}`, "Keep one of them in the data folder");
  }
  const byChannel = Map.groupBy(images, ({ channel }) => comparable(channel));
  for (const files of byChannel.values()) {
    if (files.length > 1) wrong.push(severalImages(name, files.map(({ file }) => file.path)));
  }
  const isComplete = hasChannels(byChannel, channels);
  if (!isComplete && group.labels.length === 0) {
    problems.push(missingLabel(name)); // its channels are unclear
    return undefined;
  }
  if (!isComplete) {
    const list = (names: readonly string[]) => names.map((name) => name || "(one file)").join(", ");
    tell(
      `it has the channels ${list([...byChannel.keys()].sort())}, most cases have ${
        list(channels)
      }`,
      "All cases must have the same channels",
    );
  }
  for (const file of [...images.map(({ file }) => file), ...group.labels]) {
    if (file.problem !== null) {
      tell(`cannot read ${file.path}: ${file.problem.message}`, file.problem.hint);
    }
  }
  const isRead = new Set(images);
  for (const image of group.images) {
    if (isRead.has(image)) continue;
    const why = `${image.file.path} is not used: ${images[0]!.file.path} is the image`;
    problems.push({ ...asWarning(why), case: name });
  }
  problems.push(...wrong);
  if (wrong.length > 0) return undefined;
  return {
    name,
    id,
    kind,
    files: {
      index,
      images: images.length === 1
        ? [images[0]!.file.path]
        : channels.map((channel) => byChannel.get(channel)![0]!.file.path),
      label: group.labels[0]?.path ?? null,
    },
  };
}

/** Whether a case has the channels of the majority. A single channel may be named (T1w) or not. */
function hasChannels(found: ReadonlyMap<string, unknown>, wanted: readonly string[]): boolean {
  if (found.size !== wanted.length) return false;
  if (wanted.length === 1 && (wanted[0] === "" || found.has(""))) return true;
  return wanted.every((channel) => found.has(channel));
}

function missingLabel(name: string): Problem {
  const hint = "A label must have the name of its image, in labelsTr, labels or masks";
  return { ...asError("label is missing", hint), case: name };
}

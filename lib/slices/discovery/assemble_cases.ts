/**
 * From groups of files to cases: their ids, their channels, their slices.
 *
 * @module
 */

import { counted } from "../../support/names_of.ts";
import type { CaseSource, Problem, SourceFiles } from "./case_source.ts";
import { comparable, isPicture } from "./file_names.ts";
import type { ChannelFile, FileGroup } from "./pair_files.ts";

/** Cases, and what is wrong with files that belong to them. */
export interface AssembledCases {
  /** Sorted by id. */
  readonly cases: readonly CaseSource[];
  readonly problems: readonly Problem[];
  /** What the channels are called in the files' names; empty where images are single files. */
  readonly channels: readonly string[];
}

/** A volume, or a picture that may be one of a series. */
interface Item {
  /** What it is called by itself. */
  readonly name: string;
  readonly id: string;
  readonly kind: CaseSource["kind"];
  readonly files: SourceFiles;
}

/**
 * Makes cases of groups of files. All must have the channels that most of them have.
 *
 * @param folder The data folder.
 * @param groups From `pairFiles`.
 * @param channelOrder Names of channels in the order that the data set declares, if it does.
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
  const cases: CaseSource[] = [];
  for (const [id, entries] of Map.groupBy(items, (item) => item.id)) {
    const kept = withoutDoubles(id, entries, problems);
    const labelled = kept.filter(({ files }) => files.label !== null);
    for (const { name, files } of kept) {
      if (files.label === null) problems.push(missingLabel(name));
    }
    const files = (labelled.length > 0 ? labelled : kept).map((item) => item.files)
      .sort((a, b) => a.index - b.index);
    if (files.length > 0) cases.push({ id, kind: entries[0]!.kind, folder, files });
  }
  return { cases: cases.sort((a, b) => a.id < b.id ? -1 : 1), problems, channels };
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

/** Its image files: where one has the case's whole name, that one alone. */
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
  const kind = isPicture(images[0]!.file.name) ? "pictures" : "volume";
  const name = nameOf(group, kind);
  const wrong: Problem[] = [];
  const tell = (message: string, hint = "") =>
    wrong.push({ severity: "error", case: name, message, hint });

  const paths = (files: readonly { path: string }[]) =>
    files.map(({ path }) => path).sort().join(", ");
  if (group.labels.length > 1) {
    tell(`several labels: ${paths(group.labels)}`, "Keep one of them in the data folder");
  }
  const byChannel = Map.groupBy(images, ({ channel }) => comparable(channel));
  for (const files of byChannel.values()) {
    if (files.length > 1) tell(`several images: ${paths(files.map(({ file }) => file))}`);
  }
  const isComplete = hasChannels(byChannel, channels);
  if (!isComplete && group.labels.length === 0) {
    problems.push(missingLabel(name)); // nobody knows what is a channel of it
    return undefined;
  }
  if (!isComplete) {
    const list = (names: readonly string[]) => names.map((name) => name || "(one file)").join(", ");
    tell(
      `it has the channels ${list([...byChannel.keys()].sort())}, most cases ${list(channels)}`,
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
    problems.push({
      severity: "warning",
      case: name,
      message: `${image.file.path} is not read: ${images[0]!.file.path} is its image`,
      hint: "",
    });
  }
  problems.push(...wrong);
  if (wrong.length > 0) return undefined;
  const series = kind === "pictures" ? seriesOf(group, name) : undefined;
  return {
    name,
    id: series?.id ?? name,
    kind,
    files: {
      index: series?.index ?? 0,
      images: images.length === 1
        ? [images[0]!.file.path]
        : channels.map((channel) => byChannel.get(channel)![0]!.file.path),
      label: group.labels[0]?.path ?? null,
    },
  };
}

/** Whether a case has the channels of most. The only one may be named, as T1w, or not. */
function hasChannels(found: ReadonlyMap<string, unknown>, wanted: readonly string[]): boolean {
  if (found.size !== wanted.length) return false;
  if (wanted.length === 1 && (wanted[0] === "" || found.has(""))) return true;
  return wanted.every((channel) => found.has(channel));
}

/** The name of a volume or a picture by itself, from its file and its folder. */
function nameOf({ scope, name }: FileGroup, kind: CaseSource["kind"]): string {
  const folders = scope.split("/");
  const base = name.normalize("NFC");
  if (scope === "") return base;
  if (base === "") return folders.join("_").normalize("NFC");
  const isNamedAfter = folders.some((folder) => comparable(base).startsWith(comparable(folder)));
  return isNamedAfter && kind === "volume" ? base : [...folders, base].join("_").normalize("NFC");
}

/** The series of a picture and its place there: `<case>_slice_000`, or `000` in the case's folder. */
function seriesOf(
  { scope, name }: FileGroup,
  full: string,
): { id: string; index: number } | undefined {
  const [, named, place] = /^(.+)_slice_(\d{1,9})$/i.exec(full) ?? [];
  if (named !== undefined) return { id: named, index: Number(place) };
  if (scope === "" || !/^\d{1,9}$/.test(name)) return undefined;
  return { id: scope.replaceAll("/", "_").normalize("NFC"), index: Number(name) };
}

function withoutDoubles(id: string, entries: readonly Item[], problems: Problem[]): Item[] {
  const byIndex = [...Map.groupBy(entries, ({ files }) => files.index).values()];
  for (const doubles of byIndex) {
    if (doubles.length === 1) continue;
    const images = doubles.flatMap(({ files }) => files.images);
    problems.push({
      severity: "error",
      case: id,
      message: `several images: ${images.join(", ")}`,
      hint: `Keep one of the ${counted(images.length, "file")}, or give them other names`,
    });
  }
  return byIndex.filter((group) => group.length === 1).flat();
}

function missingLabel(name: string): Problem {
  return {
    severity: "error",
    case: name,
    message: "label is missing",
    hint: "A label has the name of its image and lies in labelsTr, labels or masks",
  };
}

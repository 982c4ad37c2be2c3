import { counted } from "../../support/names_of.ts";
import { asError, type CaseSource, type Problem, type SourceFiles } from "./case_source.ts";
import { comparable, isPicture } from "./file_names.ts";
import type { FileGroup } from "./pair_files.ts";

/** A volume, or a picture that may be one of a series. */
export interface Item {
  /** Its own name. */
  readonly name: string;
  /** The id of its case. */
  readonly id: string;
  readonly kind: CaseSource["kind"];
  readonly files: SourceFiles;
}

/** The identity of a group of files; for a picture with its series and index. */
export function identify(
  { scope, name, images }: FileGroup,
): { name: string; id: string; index: number; kind: CaseSource["kind"] } {
  const kind = isPicture(images[0]!.file.name) ? "pictures" : "volume";
  const full = fullName(scope, name, kind).normalize("NFC");
  const alone = { name: full, id: full, index: 0, kind } as const;
  if (kind === "volume") return alone;
  const [, series, place] = /^(.+)_slice_(\d{1,9})$/i.exec(full) ?? [];
  if (series !== undefined) return { ...alone, id: series, index: Number(place) };
  if (scope === "" || !/^\d{1,9}$/.test(name)) return alone;
  return { ...alone, id: scope.replaceAll("/", "_").normalize("NFC"), index: Number(name) };
}

function fullName(scope: string, name: string, kind: CaseSource["kind"]): string {
  const folders = scope.split("/");
  if (scope === "") return name;
  if (name === "") return folders.join("_");
  const isNamedAfter = folders.some((folder) => comparable(name).startsWith(comparable(folder)));
  return isNamedAfter && kind === "volume" ? name : [...folders, name].join("_");
}

/**
 * Joins items of one id. Items that share an index of a case are all left out.
 *
 * @param folder The folder that paths are relative to.
 * @param problems Gets what was left out.
 * @returns Sorted by id, the files of each by index.
 */
export function joinSeries(
  folder: string,
  items: readonly Item[],
  problems: Problem[],
): CaseSource[] {
  const cases: CaseSource[] = [];
  for (const [id, entries] of Map.groupBy(items, (item) => item.id)) {
    const files: SourceFiles[] = [];
    for (const same of Map.groupBy(entries, (item) => item.files.index).values()) {
      if (same.length === 1) files.push(same[0]!.files);
      else problems.push(severalImages(id, same.flatMap((item) => item.files.images)));
    }
    files.sort((a, b) => a.index - b.index);
    if (files.length > 0) cases.push({ id, kind: entries[0]!.kind, folder, files });
  }
  return cases.sort((a, b) => a.id < b.id ? -1 : 1);
}

/** The error for a case with several images at one index. */
export function severalImages(id: string, images: readonly string[]): Problem {
  const hint = `Keep one of the ${counted(images.length, "file")}, or give them other names`;
  return { ...asError(`several images: ${images.toSorted().join(", ")}`, hint), case: id };
}

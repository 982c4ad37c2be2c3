import { stemOf } from "./discovery/file_names.ts";
import type { CaseSource } from "./discovery/case_source.ts";

/**
 * The names of the files that `Case.save` writes: one for a volume, named by its id; one for each
 * picture, named by its file, without the number of a channel, and after its case if the file's name
 * does not begin with it: files of different folders can have one name.
 *
 * @param suffix Appended to the name, such as "_probability".
 *
 * @example
 * ```ts
 * import { outputNames } from "./output_names.ts";
 * import assert from "node:assert/strict";
 *
 * const files = [{ index: 0, images: ["a_0000.nii.gz", "a_0001.nii.gz"], label: null }];
 * const source = { id: "a", kind: "volume", folder: "images", files } as const;
 * assert.deepEqual(outputNames(source, "_probability"), ["a_probability.nii.gz"]);
 * ```
 */
export function outputNames({ id, kind, files }: CaseSource, suffix: string): string[] {
  if (kind === "volume") {
    const ending = /\.nii(\.gz)?$/i.exec(files[0]!.images[0]!)?.[0].toLowerCase() ?? ".nii.gz";
    return [`${id}${suffix}${ending}`];
  }
  return files.map(({ images }) => {
    const file = stemOf(images[0]!);
    const stem = images.length > 1 ? file.replace(/_0000$/, "") : file;
    return `${isNamedAfter(id, stem) ? stem : unique(id, stem)}${suffix}.png`;
  });
}

function isNamedAfter(id: string, stem: string): boolean {
  return stem.startsWith(id) && (stem.length === id.length || "-_. ".includes(stem[id.length]!));
}

/** A picture of its own in a folder is part of the id; one of a series is only a number. */
function unique(id: string, stem: string): string {
  return id.endsWith(`_${stem}`) ? id : `${id}_${stem}`;
}

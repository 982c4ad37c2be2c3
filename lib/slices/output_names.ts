import { basename } from "@std/path";
import type { CaseSource } from "./discovery/case_source.ts";

/**
 * The names of the files that `Case.save` writes: one for a volume, named by its id; one for each
 * picture, named by its file, without the number of a channel.
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
    const stem = basename(images[0]!).replace(/\.png$/i, "");
    return `${images.length > 1 ? stem.replace(/_0000$/, "") : stem}${suffix}.png`;
  });
}

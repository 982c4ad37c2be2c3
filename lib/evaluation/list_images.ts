/**
 * What there is to predict: the images at a path, and who takes which.
 *
 * @module
 */

import { basename, join } from "@std/path";
import { InputError } from "../support/errors.ts";

const IMAGE = /\.(nii(\.gz)?|png)$/i;

/** Something that is predicted as a whole: a volume, or the pictures of one series. */
export interface ImageGroup {
  /** The name of its file, of a series that of the first one. */
  name: string;
  /** Its files. */
  paths: readonly string[];
  /** Of all its files together, in bytes. */
  bytes: number;
}

/** A part of the images: the `index`th, from 1, of `count`. */
export interface Shard {
  index: number;
  count: number;
}

/**
 * The images at a path: each volume by itself, the pictures of a series (`<case>_slice_000.png`)
 * together. Hidden files are passed over.
 *
 * @param path A volume, a picture, or a folder of them.
 * @returns Sorted by name, whatever the order on disk.
 * @throws {InputError} If there is nothing to predict.
 */
export async function listImages(path: string): Promise<ImageGroup[]> {
  const stat = await Deno.stat(path).catch((cause) => {
    throw new InputError("Cannot read image: no such file or folder", {
      code: "bad-image",
      path,
      cause,
    });
  });
  const names = stat.isFile
    ? [path]
    : (await Array.fromAsync(Deno.readDir(path))).map(({ name }) => join(path, name)).sort();
  const images = names.filter((name) => IMAGE.test(name) && !basename(name).startsWith("."));
  if (images.length === 0) {
    const inside = names.map((name) => basename(name)).find((name) => /^images/.test(name));
    throw new InputError("Cannot find images: no .nii, .nii.gz or .png file", {
      code: "bad-image",
      path,
      ...(inside !== undefined && { hint: `Give the folder that they are in, as ${inside}` }),
    });
  }
  const series = (name: string) => name.replace(/_slice_\d+\.png$/i, "");
  return await Promise.all(
    [...Map.groupBy(images, series).values()].map(async (paths) => {
      const sizes = await Promise.all(paths.map(async (path) => (await Deno.stat(path)).size));
      return { name: basename(paths[0]!), paths, bytes: sizes.reduce((a, b) => a + b, 0) };
    }),
  );
}

/**
 * A shard's images: every `count`th, so that shards are of one size. All shards together have each
 * image once, on whichever machines they run, as long as these see the same files.
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

/** Whether a name is that of a picture, not of a volume. */
export function isPicture(name: string): boolean {
  return /\.png$/i.test(name);
}

/**
 * The name of what is predicted from an image.
 *
 * @param name The image's file.
 * @param suffix Nothing for the mask, else as "_probability".
 */
export function outputName(name: string, suffix = ""): string {
  return name.replace(IMAGE, (ending) => suffix + ending.toLowerCase());
}

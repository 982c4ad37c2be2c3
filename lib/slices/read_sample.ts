import { join } from "@std/path";
import { InputError } from "../support/errors.ts";
import type { Manifest } from "./manifest.ts";
import { loadLabel, loadSlice } from "./save_slice.ts";
import { fromStored } from "./stored_codes.ts";
import type { SliceRecord } from "./types.ts";

/** One slice with its label. */
export interface Sample {
  /** Channels × height × width values, row-major. Shared: do not change them. */
  readonly image: Float32Array;
  /** Height × width codes. Shared: do not change them. */
  readonly label: Uint8Array;
  readonly record: SliceRecord;
}

/**
 * Reads a slice and its label.
 *
 * @throws {InputError} If a file is missing, damaged, of a different size, or holds values that are
 * not finite.
 */
export async function readSample(
  folder: string,
  { height, width, settings }: Manifest,
  record: SliceRecord,
): Promise<Sample> {
  const { targets, format, channels } = settings;
  const [image, label] = await Promise.all([
    loadSlice(join(folder, record.image)),
    loadLabel(join(folder, record.label), []),
  ]);
  const fail = (why: string, name: string) =>
    new InputError(`Cannot read slice: ${why}`, {
      code: "bad-prepared",
      path: join(folder, name),
      hint: "Prepare the data again",
    });
  // A picture stacks the channels vertically
  const size = [image.channels * image.height, image.width];
  if (size[0] !== channels! * height || size[1] !== width) {
    throw fail(`${image.height}×${image.width} pixels, not ${height}×${width}`, record.image);
  }
  if (label.height !== height || label.width !== width) {
    throw fail(`${label.height}×${label.width} pixels, not ${height}×${width}`, record.label);
  }
  if (image.data.some((value) => value - value !== 0)) {
    throw fail("it holds values that are not finite", record.image);
  }
  return { image: image.data, label: fromStored(label.data, targets, format), record };
}

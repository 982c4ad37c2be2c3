/**
 * What the headers of a case's images tell, before any file is read completely.
 *
 * @module
 */

import { join } from "@std/path";
import { InputError } from "../support/errors.ts";
import { openRegularFile } from "../support/read_file.ts";
import { readVolumeHeader } from "../volume/mod.ts";
import type { CaseSource } from "./discovery/case_source.ts";
import { wholePlane } from "./geometry.ts";
import { readPngHeader } from "./png.ts";
import { SMALLEST } from "./read_part.ts";
import { sliceFrame, slicingGrid } from "./slice_frame.ts";
import type { SliceSettings } from "./slice_settings.ts";
import type { PlaneExtent } from "./types.ts";

/** The slices of a case as the headers describe them. */
export interface CaseHeader {
  readonly id: string;
  /** One per different slice size; one for a volume. */
  readonly extents: readonly PlaneExtent[];
  /** The number of slices. */
  readonly count: number;
  /**
   * Image channels; null if the header does not say, such as for a grey picture stored in colour.
   */
  readonly channels: number | null;
}

/**
 * Reads the headers of a case's images.
 *
 * @returns Null if they cannot be used; the reason is reported when the case is opened.
 */
export async function readCaseHeader(
  { id, kind, folder, files }: CaseSource,
  settings: Pick<SliceSettings, "orientation" | "axis">,
): Promise<CaseHeader | null> {
  try {
    const [{ images }] = files as [CaseSource["files"][number]];
    if (kind === "pictures") {
      const headers = await Promise.all(
        files.map((file) => pictureHeader(join(folder, file.images[0]!))),
      );
      const extents = headers.map(({ height, width }) => extentOf(height, width, null));
      const isColour = headers.some(({ isColour }) => isColour);
      const channels = isColour ? null : images.length;
      return extents.some(isSmall) ? null : { id, extents, count: files.length, channels };
    }
    const { extent, count, channels } = await volumeHeader(join(folder, images[0]!), settings);
    return isSmall(extent)
      ? null
      : { id, extents: [extent], count, channels: images.length > 1 ? images.length : channels };
  } catch (error) {
    if (error instanceof InputError || error instanceof SyntaxError) return null;
    throw error;
  }
}

function extentOf(height: number, width: number, spacing: PlaneExtent["spacing"]): PlaneExtent {
  return { height, width, crop: wholePlane(height, width), spacing };
}

function isSmall({ height, width }: PlaneExtent): boolean {
  return Math.min(height, width) < SMALLEST;
}

async function pictureHeader(path: string) {
  using opened = await openRegularFile(path, { what: "slice", code: "bad-slice" });
  const start = new Uint8Array(33);
  await opened.file.read(start);
  return readPngHeader(start);
}

async function volumeHeader(path: string, settings: Pick<SliceSettings, "orientation" | "axis">) {
  const header = await readVolumeHeader(path);
  const { shape, spacing } = header;
  const { grid, axis } = slicingGrid(settings, header);
  const { height, width, count, axes } = sliceFrame(shape, grid, axis);
  const extent = extentOf(height, width, [spacing[axes[1]], spacing[axes[2]]]);
  return { extent, count, channels: shape[3] ?? 1 };
}

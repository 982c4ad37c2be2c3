import { join } from "@std/path";
import {
  alignToGrid,
  readLabelVolume,
  type Reorientation,
  type Volume,
  type Voxels,
} from "../volume/mod.ts";
import { asError, asWarning, type CaseSource, type Finding } from "./discovery/case_source.ts";
import { collect, warningsOf } from "./read_part.ts";
import type { VolumeImage } from "./volume_image.ts";

/** A stored label. */
export interface VolumeLabel {
  readonly values: Voxels;
  readonly shape: readonly number[];
  /** The position of the image's stored grid within the label's. */
  readonly grid: Reorientation;
}

/**
 * Reads the label of a case.
 *
 * @param frames The volumes of a 4D image; a 4D label has the same number.
 * @returns Null if there is none that can be used; the findings say why.
 */
export async function readVolumeLabel(
  { folder, files: [file] }: CaseSource,
  image: Volume,
  frames: VolumeImage["frames"],
  findings: Finding[],
): Promise<VolumeLabel | null> {
  const error = (message: string, hint = "") => {
    findings.push(asError(message, hint));
    return null;
  };
  if (file!.label === null) return error("label is missing");
  const label = await collect(readLabelVolume(join(folder, file!.label)), findings);
  if (label === null) return null;
  findings.push(...warningsOf(label, "label"));
  const values = oneFrame(label, frames, error);
  const { problem, warning, reorientation } = alignToGrid(label, image);
  if (problem !== null) return error(problem);
  if (warning !== null) findings.push(asWarning(warning));
  if (values === null) return null;
  return { values, shape: label.shape.slice(0, 3), grid: reorientation };
}

/** The values of a 3D label, or of the image's frame of a 4D label. */
function oneFrame(
  { data, shape }: { readonly data: Voxels; readonly shape: readonly number[] },
  frames: VolumeImage["frames"],
  error: (message: string, hint: string) => null,
): Voxels | null {
  const count = shape[3] ?? 1;
  if (count === 1) return data;
  const voxels = data.length / count;
  if (isOneHot(data, count)) {
    return error(
      `label is one-hot: ${count} volumes of 0 and 1, one per class`,
      "Save it as one 3D volume of class numbers",
    );
  }
  if (frames?.count !== count) {
    return error(
      `label has ${count} volumes, image ${frames?.count ?? 1}`,
      "A label must be one volume",
    );
  }
  const [frame, ...others] = frames.chosen;
  if (others.length > 0) {
    return error(
      `image and label have ${count} volumes each`,
      "Choose one of them with --channel, for example --channel 0",
    );
  }
  return data.slice(frame! * voxels, (frame! + 1) * voxels);
}

/** Whether each voxel is 1 in exactly one of the volumes, and 0 in the others. */
function isOneHot(data: Voxels, count: number): boolean {
  const voxels = data.length / count;
  for (let i = 0; i < voxels; i++) {
    let sum = 0;
    for (let k = 0; k < count; k++) {
      const value = data[k * voxels + i]!;
      if (value !== 0 && value !== 1) return false;
      sum += value;
    }
    if (sum !== 1) return false;
  }
  return true;
}

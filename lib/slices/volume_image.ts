import { basename, join } from "@std/path";
import { compareSpace, readVolume, type Volume } from "../volume/mod.ts";
import { isAsStored, reorient } from "../volume/reorientation.ts";
import type { CaseSettings } from "./case_settings.ts";
import { fillMissing } from "./check_intensities.ts";
import { type Bounds, NonEmpty } from "./crop.ts";
import { asError, type CaseSource, type Finding } from "./discovery/case_source.ts";
import { inChannel } from "./normalize_channels.ts";
import { chosenChannels, collect, warningsOf } from "./read_part.ts";

/** The chosen channels of a volume. */
export interface VolumeImage {
  /** Header and space of the first file, without its values; 3D. */
  readonly like: Volume;
  /** The values of each, in the stored order, none of them missing. */
  readonly channels: Float32Array[];
  /** How many there are to choose from. */
  readonly storedChannels: number;
  /** For one 4D file: the number of its volumes, and the chosen ones. */
  readonly frames: { readonly count: number; readonly chosen: readonly number[] } | null;
  /** The part that is not empty if `crop` is "nonzero", else the whole. */
  readonly bounds: Bounds;
}

/**
 * Reads the channels that the settings choose, one file after the other.
 *
 * @returns Null if that fails; the findings say why.
 */
export async function readVolumeImage(
  { folder, files: [file] }: CaseSource,
  settings: CaseSettings,
  findings: Finding[],
): Promise<VolumeImage | null> {
  const { images } = file!;
  const first = await collect(readVolume(join(folder, images[0]!)), findings);
  if (first === null) return null;
  findings.push(...warningsOf(first, "image"));
  const shape = first.shape.slice(0, 3) as [number, number, number];
  const inFile = first.shape[3] ?? 1;
  const isOneFile = images.length === 1;
  const count = isOneFile ? inFile : images.length;
  const before = findings.length;
  const chosen = chosenChannels(count, settings, findings);
  if (findings.length > before) return null;

  const voxels = shape.reduce((a, b) => a * b);
  const channels: Float32Array[] = [];
  const nonEmpty = new NonEmpty();
  for (const [place, channel] of chosen.entries()) {
    const volume: Volume | null = isOneFile || channel === 0
      ? first
      : await collect(readVolume(join(folder, images[channel]!)), findings);
    if (volume === null) continue;
    if (volume !== first) findings.push(...warningsOf(volume, basename(images[channel]!)));
    const data = !isOneFile
      ? onGridOf(first, volume, findings)
      : count === 1
      ? volume.data
      : volume.data.slice(channel * voxels, (channel + 1) * voxels); // the others are released
    if (data === null) continue;
    if (settings.crop === "nonzero") nonEmpty.add(data, shape);
    const found: Finding[] = [];
    fillMissing(data, settings.fill, found);
    findings.push(...found.map((finding) => inChannel(finding, place, chosen.length)));
    channels.push(data);
  }
  if (channels.length < chosen.length) return null;
  const like = { ...first, data: new Float32Array(0), shape };
  const frames = isOneFile && inFile > 1 ? { count: inFile, chosen } : null;
  return { like, channels, storedChannels: count, frames, bounds: nonEmpty.bounds(shape) };
}

/**
 * The voxels of a channel's file, in the order of the first one's: exact if it is stored flipped or
 * permuted; null if it does not cover the same voxels.
 */
function onGridOf(
  first: Volume,
  { data, shape, affine, orientation, path }: Volume,
  findings: Finding[],
): Float32Array | null {
  const [name, firstName] = [path, first.path].map((file) => basename(file!));
  const fail = (message: string) => {
    findings.push(asError(message));
    return null;
  };
  if (shape.length > 3) {
    return fail(`${name} has ${shape[3]} volumes, but is one of several channels`);
  }
  const isKnown = orientation !== null && first.orientation !== null;
  const found = isKnown ? compareSpace({ shape, affine }, first) : null;
  const isOtherShape = shape.some((size, axis) => size !== first.shape[axis]);
  if (found?.same) {
    return isAsStored(found.reorientation) ? data : reorient(data, shape, found.reorientation);
  }
  if (found?.otherShape ?? isOtherShape) {
    return fail(`${name} has ${shape.join("×")} voxels, ${firstName} ${first.shape.join("×")}`);
  }
  return found === null ? data : fail(`${name} covers a different space than ${firstName}`);
}

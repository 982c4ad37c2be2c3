import { join } from "@std/path";
import { readLabelVolume, type Reorientation, type Volume, writeVolume } from "../volume/mod.ts";
import type { Case, LabelPlane, LabelSummary } from "./case.ts";
import type { CaseSettings, CaseWants } from "./case_settings.ts";
import { boxInPlane, keepOnly } from "./crop.ts";
import type { CaseSource, Finding } from "./discovery/case_source.ts";
import { LabelEncoder } from "./label_codes.ts";
import { normalizeChannels } from "./normalize_channels.ts";
import type { IntensityRange } from "./normalize.ts";
import { outputNames } from "./output_names.ts";
import { checkCopy, checkSize } from "./read_part.ts";
import { readVolumeImage } from "./volume_image.ts";
import { readVolumeLabel } from "./volume_label.ts";
import {
  composed,
  cutPlane,
  placePlane,
  type SliceFrame,
  sliceFrame,
  slicingGrid,
} from "./slice_frame.ts";
import { maskValues, type Targets, valuesOf } from "./targets.ts";
import type { Axis, Box } from "./types.ts";

/** Reads a volume, and its label if requested. See `openCase`. */
export async function openVolumeCase(
  source: CaseSource,
  settings: CaseSettings,
  wants: CaseWants,
  findings: Finding[],
): Promise<Case | null> {
  const image = await readVolumeImage(source, settings, findings);
  if (image === null) return null;
  const { like, channels, storedChannels, frames } = image;
  const shape = like.shape as readonly [number, number, number];
  const { grid, axis } = slicingGrid(settings, like);
  const frame = sliceFrame(shape, grid, axis);
  checkSize(frame.height, frame.width, findings, thinHint(shape, grid, axis));

  let labelled: Labelled | null = null;
  if (wants.labels) {
    const label = await readVolumeLabel(source, like, frames, findings);
    if (label !== null) {
      checkCopy(channels[0]!, label.values, findings);
      const encoder = new LabelEncoder(settings.targets, settings.threshold);
      const codes = encoder.encode(label.values);
      findings.push(...encoder.findings({ isPicture: false }));
      const inLabel = sliceFrame(label.shape, composed(grid, label.grid), axis);
      labelled = { codes, frame: inLabel, summary: encoder.summary() };
    }
  }
  let crop: Box = { top: 0, left: 0, height: frame.height, width: frame.width };
  if (settings.crop === "nonzero") {
    crop = boxInPlane(image.bounds, frame);
    for (const data of channels) keepOnly(data, image.bounds, shape);
  }
  const intensities = normalizeChannels(channels, settings, wants, findings);
  return volumeCase(
    source,
    { like, frame, channels, storedChannels, intensities, crop },
    labelled,
    settings.targets,
  );
}

/** A flat volume may have large enough slices along another axis. */
function thinHint(shape: readonly number[], { axes }: Reorientation, axis: Axis): string {
  const size = (i: number) => shape[axes[i]!]!;
  const other = ([2, 1, 0] as const).find((i) =>
    i !== axis && [0, 1, 2].every((j) => j === i || size(j) >= 4)
  );
  return other === undefined ? "" : `Its slices along axis ${other} are larger: --axis ${other}`;
}

interface Image {
  /** The volume's header and space, without values. */
  readonly like: Volume;
  readonly frame: SliceFrame;
  readonly channels: readonly Float32Array[];
  readonly storedChannels: number;
  readonly intensities: readonly IntensityRange[];
  readonly crop: Box;
}

interface Labelled {
  readonly codes: Uint8Array;
  /** The position of planes in the label, which may be stored in another orientation. */
  readonly frame: SliceFrame;
  readonly summary: LabelSummary;
}

function volumeCase(
  source: CaseSource,
  image: Image,
  labelled: Labelled | null,
  targets: Targets,
): Case {
  const { id, folder, files: [file] } = source;
  const { like, frame, channels, storedChannels, intensities, crop } = image;
  const { height, width } = frame;
  const [depth, rows, columns] = frame.axes.map((axis) => like.spacing[axis]) as unknown as Triple;
  const shape = like.shape as Triple;
  const indices = Array.from({ length: frame.count }, (_, i) => i);
  const requireSlice = (index: number) => {
    if (index in indices) return;
    throw new RangeError(`Slice ${index} is not in 0 to ${frame.count - 1}`);
  };
  const codesOf = (codes: Uint8Array, frame: SliceFrame, index: number): LabelPlane => (
    { data: cutPlane(codes, frame, index, new Uint8Array(height * width)), height, width }
  );
  const pathIn = (folder: string, suffix: string) => join(folder, outputNames(source, suffix)[0]!);
  return {
    ...{ id, kind: "volume", shape, storedChannels, intensities, indices },
    images: file!.images.map((path) => join(folder, path)),
    labels: labelled === null ? null : [join(folder, file!.label!)],
    spacing: like.spacing,
    orientation: like.orientation,
    channels: channels.length,
    summary: labelled?.summary ?? null,
    grid: { shape: [width, height, frame.count], spacing: [columns, rows, depth] },
    extent: () => ({ height, width, crop, spacing: [rows, columns] }),
    slice(index) {
      requireSlice(index);
      const pixels = height * width;
      const data = new Float32Array(channels.length * pixels);
      for (const [c, values] of channels.entries()) {
        cutPlane(values, frame, index, data.subarray(c * pixels, (c + 1) * pixels));
      }
      return { data, height, width, channels: channels.length };
    },
    label(index) {
      if (labelled === null) throw new TypeError(`Case ${id} was opened without labels`);
      requireSlice(index);
      return codesOf(labelled.codes, labelled.frame, index);
    },
    async save(folder, planes, { suffix }) {
      const voxels = shape.reduce((a, b) => a * b);
      const table = maskValues(targets);
      const isMask = planes[0] instanceof Uint8Array;
      const data = isMask ? maskArray(table, voxels) : new Float32Array(voxels);
      for (const [index, plane] of planes.entries()) {
        placePlane(
          data,
          frame,
          index,
          plane instanceof Uint8Array ? valuesOf(plane, table) : plane,
        );
      }
      const path = pathIn(folder, suffix);
      await writeVolume(path, { data, like, shape });
      return [path];
    },
    async readMask(folder) {
      const mask = await readLabelVolume(pathIn(folder, ""));
      const codes = new LabelEncoder(targets, "none").encode(mask.data);
      return indices.map((index) => codesOf(codes, frame, index));
    },
  };
}

type Triple = readonly [number, number, number];

/** The smallest type that holds all values of a mask. */
function maskArray(table: Float64Array, length: number) {
  const types = [Uint8Array, Int16Array, Int32Array, Uint32Array, Float64Array];
  const MaskArray = types.find((type) => String(type.from(table)) === String(table))!;
  return new MaskArray(length);
}

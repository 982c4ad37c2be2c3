import { join } from "@std/path";
import { readLabelVolume, type Reorientation, type Volume, writeVolume } from "../volume/mod.ts";
import type { Case, CaseGrid, LabelPlane, LabelSummary } from "./case.ts";
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
import type { Axis, Box, ImageSlice, PlaneExtent } from "./types.ts";

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
  return new VolumeCase(
    source,
    { like, frame, channels, storedChannels, intensities, crop },
    labelled,
    {
      targets: settings.targets,
    },
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

class VolumeCase implements Case {
  readonly kind = "volume";
  readonly id: string;
  readonly images: readonly string[];
  readonly labels: readonly string[] | null;
  readonly shape: readonly [number, number, number];
  readonly spacing: readonly [number, number, number];
  readonly orientation: string | null;
  readonly channels: number;
  readonly storedChannels: number;
  readonly intensities: readonly IntensityRange[];
  readonly summary: LabelSummary | null;
  readonly indices: readonly number[];
  readonly grid: CaseGrid;
  readonly #source: CaseSource;
  readonly #image: Image;
  readonly #labelled: Labelled | null;
  readonly #targets: Targets;

  constructor(
    source: CaseSource,
    image: Image,
    labelled: Labelled | null,
    { targets }: Pick<CaseSettings, "targets">,
  ) {
    const { id, folder, files: [file] } = source;
    const { like, frame, channels, intensities } = image;
    const [plane, row, column] = frame.axes;
    this.id = id;
    this.images = file!.images.map((path) => join(folder, path));
    this.labels = labelled === null ? null : [join(folder, file!.label!)];
    this.shape = like.shape as readonly [number, number, number];
    this.spacing = like.spacing;
    this.orientation = like.orientation;
    this.channels = channels.length;
    this.storedChannels = image.storedChannels;
    this.intensities = intensities;
    this.summary = labelled?.summary ?? null;
    this.indices = Array.from({ length: frame.count }, (_, i) => i);
    this.grid = {
      shape: [frame.width, frame.height, frame.count],
      spacing: [like.spacing[column], like.spacing[row], like.spacing[plane]],
    };
    this.#source = source;
    this.#image = image;
    this.#labelled = labelled;
    this.#targets = targets;
  }

  extent(_index: number): PlaneExtent {
    const { frame: { height, width }, crop } = this.#image;
    const [columns, rows] = this.grid.spacing!;
    return { height, width, crop, spacing: [rows, columns] };
  }

  slice(index: number): ImageSlice {
    const { frame, channels } = this.#image;
    const { height, width } = this.#within(frame, index);
    const data = new Float32Array(channels.length * height * width);
    for (const [c, values] of channels.entries()) {
      cutPlane(values, frame, index, data.subarray(c * height * width, (c + 1) * height * width));
    }
    return { data, height, width, channels: channels.length };
  }

  label(index: number): LabelPlane {
    if (this.#labelled === null) throw new TypeError(`Case ${this.id} was opened without labels`);
    const { codes, frame } = this.#labelled;
    const { height, width } = this.#within(frame, index);
    return { data: cutPlane(codes, frame, index, new Uint8Array(height * width)), height, width };
  }

  async save(
    folder: string,
    planes: readonly Uint8Array[] | readonly Float32Array[],
    { suffix }: { readonly suffix: string },
  ): Promise<string[]> {
    const { like, frame } = this.#image;
    const voxels = this.shape.reduce((a, b) => a * b);
    const table = maskValues(this.#targets);
    const isMask = planes[0] instanceof Uint8Array;
    const data = isMask ? maskArray(table, voxels) : new Float32Array(voxels);
    for (const [index, plane] of planes.entries()) {
      placePlane(data, frame, index, plane instanceof Uint8Array ? valuesOf(plane, table) : plane);
    }
    const path = join(folder, outputNames(this.#source, suffix)[0]!);
    await writeVolume(path, { data, like, shape: this.shape });
    return [path];
  }

  async readMask(folder: string): Promise<LabelPlane[]> {
    const path = join(folder, outputNames(this.#source, "")[0]!);
    const mask = await readLabelVolume(path);
    const codes = new LabelEncoder(this.#targets, "none").encode(mask.data);
    const { frame } = this.#image;
    const { height, width } = frame;
    return this.indices.map((index) => ({
      data: cutPlane(codes, frame, index, new Uint8Array(height * width)),
      height,
      width,
    }));
  }

  #within(frame: SliceFrame, index: number): SliceFrame {
    if (index in this.indices) return frame;
    throw new RangeError(`Slice ${index} is not in 0 to ${frame.count - 1}`);
  }
}

/** The smallest type that holds all values of a mask. */
function maskArray(table: Float64Array, length: number) {
  const types = [Uint8Array, Int16Array, Int32Array, Uint32Array, Float64Array];
  const MaskArray = types.find((type) => String(type.from(table)) === String(table))!;
  return new MaskArray(length);
}

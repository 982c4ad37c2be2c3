import { join } from "@std/path";
import { writeFileAtomic } from "../support/files.ts";
import type { Case, LabelPlane, LabelSummary } from "./case.ts";
import type { CaseSettings, CaseWants } from "./case_settings.ts";
import { fillMissing } from "./check_intensities.ts";
import { NonEmpty } from "./crop.ts";
import {
  asError,
  asWarning,
  type CaseSource,
  type Finding,
  type SourceFiles,
} from "./discovery/case_source.ts";
import { wholePlane } from "./geometry.ts";
import { LabelEncoder } from "./label_codes.ts";
import { normalizeChannels } from "./normalize_channels.ts";
import type { IntensityRange } from "./normalize.ts";
import { outputNames } from "./output_names.ts";
import { readImages, readLabel } from "./picture_files.ts";
import { type Picture, toGrey } from "./png.ts";
import { encodePngLabel } from "./png_label.ts";
import { chosenChannels } from "./read_part.ts";
import { loadLabel, saveSlice } from "./save_slice.ts";
import { maskValues, type Targets, valuesOf } from "./targets.ts";
import type { Box, ImageSlice } from "./types.ts";

/** Reads pictures, and their labels if requested. See `openCase`. */
export async function openPictureCase(
  source: CaseSource,
  settings: CaseSettings,
  wants: CaseWants,
  findings: Finding[],
): Promise<Case | null> {
  const { folder, files } = source;
  const encoder = new LabelEncoder(settings.targets, settings.threshold);
  const read: { images: Picture[]; label: LabelPlane | null; file: SourceFiles }[] = [];
  for (const file of files) {
    const images = await readImages(folder, file, findings);
    if (images === null) continue;
    const label = wants.labels ? await readLabel(folder, file, images, encoder, findings) : null;
    read.push({ images, label, file });
  }
  if (read.length < files.length) return null;

  const isColour = settings.channels === 3 || read.some(({ images }) => !images[0]!.isGrey);
  const planes = read.map(({ images }) => allChannels(images, isColour));
  const [first] = planes;
  const other = planes.find(({ channels }) => channels !== first!.channels);
  if (other !== undefined) {
    findings.push(asError(`pictures have ${first!.channels} and ${other.channels} channels`));
    return null;
  }
  const before = findings.length;
  const chosen = chosenChannels(first!.channels, settings, findings);
  if (findings.length > before) return null;
  const channels = chosen.map((channel) => joined(planes, channel));
  const crops = planes.map((plane) => cropOf(plane, chosen, settings.crop));
  for (const data of channels) fillMissing(data, settings.fill, findings);
  const found: Finding[] = [];
  const intensities = normalizeChannels(channels, settings, wants, found);
  // One black picture among many is no reason to stop
  findings.push(...found.map((finding): Finding => ({ ...finding, severity: "warning" })));
  if (wants.labels) {
    findings.push(...encoder.findings({ isPicture: true }), ...whiteBackground(read));
  }
  let start = 0;
  const pictures = read.map(({ label, file }, i): StoredPicture => {
    const { height, width } = planes[i]!;
    const place = start;
    start += height * width;
    return { height, width, start: place, crop: crops[i]!, label, file };
  });
  const summary = wants.labels ? encoder.summary() : null;
  const storedChannels = first!.channels;
  return pictureCase(
    { source, pictures, channels, storedChannels, intensities, summary },
    settings.targets,
  );
}

/** The channels of one picture's files, one after the other; colour has three. */
function allChannels(images: readonly Picture[], isColour: boolean): ImageSlice {
  const [{ height, width }] = images as [Picture];
  const parts = images.map((image) => isColour || !image.isGrey ? image : toGrey(image));
  const data = new Float32Array(parts.reduce((sum, part) => sum + part.data.length, 0));
  let start = 0;
  for (const part of parts) {
    data.set(part.data, start);
    start += part.data.length;
  }
  return { data, height, width, channels: start / (height * width) };
}

/** One channel of all pictures, one after the other: they are normalised together. */
function joined(planes: readonly ImageSlice[], channel: number): Float32Array {
  const data = new Float32Array(planes.reduce((sum, { height, width }) => sum + height * width, 0));
  let start = 0;
  for (const plane of planes) {
    const pixels = plane.height * plane.width;
    data.set(plane.data.subarray(channel * pixels, (channel + 1) * pixels), start);
    start += pixels;
  }
  return data;
}

function cropOf(
  { data, height, width }: ImageSlice,
  channels: readonly number[],
  crop: CaseSettings["crop"],
): Box {
  if (crop === "none") return wholePlane(height, width);
  const nonEmpty = new NonEmpty();
  const shape = [width, height, 1] as const;
  for (const channel of channels) {
    nonEmpty.add(data.subarray(channel * height * width, (channel + 1) * height * width), shape);
  }
  const [[left, right], [top, bottom]] = nonEmpty.bounds(shape) as [[number, number], [
    number,
    number,
  ]];
  return { top, left, height: bottom - top + 1, width: right - left + 1 };
}

/** Masks with foreground in every corner may be inverted: drawn in black on white. */
function whiteBackground(read: readonly { readonly label: LabelPlane | null }[]): Finding[] {
  const isFilled = ({ data, width }: LabelPlane) =>
    [0, width - 1, data.length - width, data.length - 1]
      .every((corner) => data[corner]! > 0 && data[corner]! < 255);
  if (!read.every(({ label }) => label !== null && isFilled(label))) return [];
  const message = "all corners of the label are foreground, as in masks drawn in black on white";
  return [asWarning(message, "Invert such masks: the background is 0")];
}

interface StoredPicture {
  readonly height: number;
  readonly width: number;
  /** The offset of its pixels among those of all pictures. */
  readonly start: number;
  readonly crop: Box;
  readonly label: LabelPlane | null;
  readonly file: SourceFiles;
}

interface Parts {
  readonly source: CaseSource;
  readonly pictures: readonly StoredPicture[];
  readonly channels: readonly Float32Array[];
  readonly storedChannels: number;
  readonly intensities: readonly IntensityRange[];
  readonly summary: LabelSummary | null;
}

function pictureCase(parts: Parts, targets: Targets): Case {
  const { source, pictures, channels, storedChannels, intensities, summary } = parts;
  const { id, folder } = source;
  const [{ height, width }] = pictures as [StoredPicture];
  const isOneSize = pictures.every((one) => one.height === height && one.width === width);
  const pictureAt = (index: number) => {
    const picture = pictures.find(({ file }) => file.index === index);
    if (picture === undefined) throw new RangeError(`Case ${id} has no slice ${index}`);
    return picture;
  };
  return {
    ...{ id, kind: "pictures", storedChannels, intensities, summary },
    ...{ spacing: null, orientation: null },
    images: pictures.flatMap(({ file }) => file.images.map((path) => join(folder, path))),
    labels: summary === null ? null : pictures.map(({ file }) => join(folder, file.label!)),
    shape: [height, width, pictures.length],
    channels: channels.length,
    indices: pictures.map(({ file }) => file.index),
    grid: isOneSize ? { shape: [width, height, pictures.length], spacing: null } : null,
    extent(index) {
      const { height, width, crop } = pictureAt(index);
      return { height, width, crop, spacing: null };
    },
    slice(index) {
      const { height, width, start } = pictureAt(index);
      const pixels = height * width;
      const data = new Float32Array(channels.length * pixels);
      for (const [c, values] of channels.entries()) {
        data.set(values.subarray(start, start + pixels), c * pixels);
      }
      return { data, height, width, channels: channels.length };
    },
    label(index) {
      const { label } = pictureAt(index);
      if (label === null) throw new TypeError(`Case ${id} was opened without labels`);
      return label;
    },
    async save(folder, planes, { suffix }) {
      const table = maskValues(targets);
      const isForeground = targets.classes[0]!.values === "above 0";
      const paths = outputNames(source, suffix).map((name) => join(folder, name));
      for (const [i, data] of planes.entries()) {
        const { height, width } = pictures[i]!;
        const path = paths[i]!;
        if (data instanceof Float32Array || isForeground) {
          await saveSlice(path, { data, height, width });
        } else {
          const values = valuesOf(data, table);
          await writeFileAtomic(path, encodePngLabel({ data: values, height, width }));
        }
      }
      return paths;
    },
    async readMask(folder) {
      const encoder = new LabelEncoder(targets, "none");
      const planes: LabelPlane[] = [];
      for (const name of outputNames(source, "")) {
        const { data, height, width } = await loadLabel(join(folder, name), []);
        planes.push({ data: encoder.encode(data), height, width });
      }
      return planes;
    },
  };
}

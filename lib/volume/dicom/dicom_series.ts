import { counted } from "../../support/names_of.ts";
import type { Affine } from "../types.ts";
import { type DicomHeader, loadDcmjs, readDicomHeader } from "./dicom_header.ts";
import { readDicomFiles } from "./dicom_files.ts";

/** A slice of a series. */
export interface DicomSlice {
  /** The file's name within its folder or archive. */
  readonly name: string;
  readonly header: DicomHeader;
}

/** A series, which makes one volume. */
export interface DicomSeries {
  /** The folder or archive that it is in. */
  readonly path: string;
  /** Its name for `--series`: its number, with a letter if several series share it. */
  readonly key: string;
  readonly description: string;
  readonly modality: string;
  /** Sorted along the normal of the slices; in a series with problems, as found. */
  readonly slices: readonly DicomSlice[];
  /** Why it is not a volume; empty if it is one. */
  readonly problems: readonly string[];
  /** Warnings: it is converted correctly, but values may have changed. */
  readonly warnings: readonly string[];
}

/**
 * Finds all series in a folder (and those in it) or a zip archive. Files without an image, such as
 * DICOMDIR and reports, are skipped.
 *
 * @returns Sorted by number; empty if there is no DICOM.
 */
export async function findDicomSeries(path: string): Promise<DicomSeries[]> {
  const files = await readDicomFiles(path);
  if (files.size === 0) return [];
  const dcmjs = await loadDcmjs();
  const bySeries = new Map<string, DicomSlice[]>();
  for (const [name, bytes] of files) {
    const header = readDicomHeader(dcmjs, bytes);
    if (header === null || !header.hasPixels) continue;
    const { SeriesInstanceUID: uid } = header;
    bySeries.set(uid, [...bySeries.get(uid) ?? [], { name, header }]);
  }
  const all = [...bySeries.values()].sort(([a], [b]) =>
    a!.header.SeriesNumber - b!.header.SeriesNumber
  );
  const numbers = all.map(([first]) => first!.header.SeriesNumber);
  return all.map((slices, i): DicomSeries => {
    const { SeriesNumber, SeriesDescription, Modality } = slices[0]!.header;
    const before = numbers.slice(0, i).filter((number) => number === SeriesNumber).length;
    const isOne = numbers.filter((number) => number === SeriesNumber).length === 1;
    const problems = problemsOfFiles(slices);
    const sorted = problems.length === 0 ? sortSlices(slices) : slices;
    return {
      path,
      key: `${SeriesNumber}${isOne ? "" : String.fromCharCode(97 + before)}`,
      description: SeriesDescription,
      modality: Modality,
      slices: sorted,
      problems: problems.length === 0 ? problemsOfSpace(sorted) : problems,
      warnings: LOSSY.test(slices[0]!.header.transferSyntax)
        ? ["its images were compressed with loss"]
        : [],
    };
  });
}

/** Uncompressed, RLE, JPEG, JPEG-LS and JPEG 2000: what the converter unpacks. */
const READ = /^1\.2\.840\.10008\.1\.2(\.[12]|\.5|\.4\.(50|51|57|70|80|81|90|91))?$/;
const LOSSY = /\.4\.(50|51|81|91)$/;

/** Problems of single files, and differences between them. */
function problemsOfFiles(slices: readonly DicomSlice[]): string[] {
  const headers = slices.map(({ header }) => header);
  const count = (isWrong: (header: DicomHeader) => boolean, what: string) => {
    const { length } = headers.filter(isWrong);
    return length === 0 ? [] : [`${length} of ${headers.length} images ${what}`];
  };
  const differ = (of: (header: DicomHeader) => unknown, what: string) => {
    const different = new Set(headers.map((header) => JSON.stringify(of(header))));
    return different.size === 1 ? [] : [`its images have ${different.size} different ${what}`];
  };
  const wrong = [
    ...count(({ NumberOfFrames }) => NumberOfFrames !== 1, "have several frames (enhanced DICOM)"),
    ...count(
      ({ SamplesPerPixel: n, PhotometricInterpretation: kind }) =>
        n !== 1 || kind !== "MONOCHROME2",
      "are in colour, or inverted",
    ),
    ...count(
      ({ transferSyntax }) => !READ.test(transferSyntax),
      "have an unsupported compression",
    ),
    ...count(
      (header) =>
        !header.ImagePositionPatient || !header.ImageOrientationPatient || !header.PixelSpacing,
      "have no position",
    ),
  ];
  return wrong.length > 0 ? wrong : [
    ...differ(({ Rows, Columns }) => [Rows, Columns], "sizes"),
    ...differ(({ PixelSpacing }) => PixelSpacing!.map(rounded), "pixel sizes"),
    ...differ(
      ({ ImageOrientationPatient }) => ImageOrientationPatient!.map(rounded),
      "orientations",
    ),
  ];
}

/** Tolerance: scanners write only a few digits. */
function rounded(value: number): number {
  return Math.round(value * 1e3);
}

function sortSlices(slices: readonly DicomSlice[]): DicomSlice[] {
  const { normal } = axesOf(slices[0]!.header);
  const along = ({ header }: DicomSlice) => dot(normal, header.ImagePositionPatient!);
  return [...slices].sort((a, b) => along(a) - along(b));
}

/** Problems with the positions of sorted slices. */
function problemsOfSpace(slices: readonly DicomSlice[]): string[] {
  const { normal } = axesOf(slices[0]!.header);
  const places = slices.map(({ header }) => header.ImagePositionPatient!);
  const steps = places.slice(1).map((place, i) => place.map((x, axis) => x - places[i]![axis]!));
  const gaps = steps.map((step) => dot(normal, step));
  const sorted = [...gaps].sort((a, b) => a - b);
  const usual = sorted[Math.floor(sorted.length / 2)] ?? 1;
  const tolerance = 0.01 + 0.02 * Math.abs(usual);
  const double = gaps.filter((gap) => gap < 1e-3).length;
  if (double > 0) {
    return [
      `${double} of its ${slices.length} slices have the position of ` +
      "another one",
    ];
  }
  const uneven = gaps.filter((gap) => Math.abs(gap - usual) > tolerance);
  if (uneven.length > 0) {
    const missing = uneven.reduce((sum, gap) => sum + Math.max(0, Math.round(gap / usual) - 1), 0);
    return [
      missing > 0
        ? `${counted(missing, "slice")} ${
          missing === 1 ? "seems" : "seem"
        } to be missing: they are ${usual.toFixed(2)} mm apart, ` +
          `but ${Math.max(...gaps).toFixed(2)} mm in one place`
        : `its slices are ${sorted[0]!.toFixed(2)} to ${sorted.at(-1)!.toFixed(2)} mm apart`,
    ];
  }
  const sideways = steps.map((step, i) =>
    Math.hypot(...step.map((x, axis) => x - gaps[i]! * normal[axis]!))
  );
  return Math.max(0, ...sideways) > tolerance
    ? ["its slices are shifted sideways against each other (gantry tilt)"]
    : [];
}

type Vector = readonly number[];

function dot(a: Vector, b: Vector): number {
  return a.reduce((sum, x, i) => sum + x * b[i]!, 0);
}

/** The directions of a slice's columns and rows, in LPS, and its normal. */
function axesOf({ ImageOrientationPatient: o }: DicomHeader) {
  const [a, b, c, d, e, f] = o!;
  const normal = [b * f - c * e, c * d - a * f, a * e - b * d];
  return { across: [a, b, c], down: [d, e, f], normal };
}

/**
 * The affine of a sound series: column, row and slice to millimetres in RAS, as in NIfTI.
 *
 * @param slices Sorted.
 */
export function affineOfSlices(slices: readonly DicomSlice[]): Affine {
  const first = slices[0]!.header;
  const { across, down, normal } = axesOf(first);
  const [betweenRows, betweenColumns] = first.PixelSpacing!;
  const origin = first.ImagePositionPatient!;
  const last = slices.at(-1)!.header.ImagePositionPatient!;
  const step = slices.length > 1
    ? last.map((x, axis) => (x - origin[axis]!) / (slices.length - 1))
    : normal;
  const row = (axis: 0 | 1 | 2, sign: number) => [
    sign * across[axis]! * betweenColumns,
    sign * down[axis]! * betweenRows,
    sign * step[axis]!,
    sign * origin[axis]!,
  ];
  return [row(0, -1), row(1, -1), row(2, 1), [0, 0, 0, 1]] as unknown as Affine;
}

/**
 * A DICOM series as a case: converted in memory, and read like a NIfTI file from then on.
 *
 * @module
 */

import { InputError } from "../../support/errors.ts";
import { MEMORY, memoryFiles } from "../../support/memory_files.ts";
import { convertSeries } from "../../volume/dicom/convert_series.ts";
import {
  affineOfSlices,
  type DicomSeries,
  findDicomSeries,
} from "../../volume/dicom/dicom_series.ts";
import { compareSpace, readVolumeHeader } from "../../volume/mod.ts";
import { exists } from "../../support/files.ts";
import { counted } from "../../support/names_of.ts";
import { sha256 } from "../../support/sha256.ts";
import { asWarning, type CaseSource, type Problem } from "./case_source.ts";
import { isImageFile } from "./file_names.ts";
import { type ImageList, listImages } from "./list_images.ts";
import { listTree } from "./list_tree.ts";

/** A series, and the case that is made of it. */
export interface DicomCase {
  readonly series: DicomSeries;
  readonly source: CaseSource;
  readonly problems: readonly Problem[];
}

/**
 * Makes a case of the DICOM series at a path: a folder, a zip archive or one file.
 *
 * @param wanted The series, where there are several; null: the only one.
 * @returns Null where there is no DICOM.
 * @throws {InputError} If there are several, or the one is no volume; it lists them.
 */
export async function dicomCase(path: string, wanted: string | null): Promise<DicomCase | null> {
  const all = await findDicomSeries(path);
  if (all.length === 0) return null;
  const series = wanted === null && all.length === 1
    ? all[0]
    : all.find(({ key }) => key === wanted);
  if (series === undefined) {
    const why = wanted === null ? "there are several series" : `there is no series ${wanted}`;
    throw new InputError(`Cannot read DICOM: ${why}`, {
      code: "bad-dicom",
      path,
      hint: ["Choose one with --series and its number:", ...formatSeries(all)].join("\n"),
    });
  }
  // Tells the series of different patients apart, without naming anybody
  const hash = await sha256(series.slices[0]!.header.SeriesInstanceUID);
  const id = `series_${series.key}_${hash.slice(0, 8)}`;
  const [folder, name] = [`${MEMORY}dicom`, `${id}.nii.gz`];
  const file = `${folder}/${name}`;
  memoryFiles.set(file, await convertSeries(series));
  await requireSamePlace(series, file, path);
  const problems = series.warnings.map((message): Problem => ({
    ...asWarning(message),
    case: id,
  }));
  const files = [{ index: 0, images: [name], label: null }];
  return { series, source: { id, kind: "volume", folder, files }, problems };
}

/**
 * The images at a path, as {@linkcode listImages} finds them; where there are none, the DICOM series.
 */
export async function listInputs(
  path: string,
  channels: readonly string[],
  wanted: string | null,
): Promise<ImageList & { readonly series: DicomSeries | null }> {
  const dicom = await mayHoldDicom(path) ? await dicomCase(path, wanted) : null;
  if (dicom === null) return { ...await listImages(path, channels), series: null };
  return { cases: [dicom.source], problems: dicom.problems, series: dicom.series };
}

/** Whether something is there, and neither volumes nor pictures. */
export async function mayHoldDicom(path: string): Promise<boolean> {
  if (!await exists(path)) return false;
  const { isDirectory } = await Deno.stat(path);
  return isDirectory ? (await listTree(path, 2)).files.length === 0 : !isImageFile(path);
}

/** A table of series as text: number, slices, description, problems. */
export function formatSeries(all: readonly DicomSeries[]): string[] {
  return all.map(({ key, slices, modality, description, problems }) =>
    `  ${key}: ${counted(slices.length, "slice")}, ${modality} ${description}`.trimEnd() +
    (problems.length === 0 ? "" : ` (cannot be used: ${problems.join("; ")})`)
  );
}

/** The converter must put every voxel where the headers say. */
async function requireSamePlace(series: DicomSeries, file: string, path: string): Promise<void> {
  const { Columns, Rows } = series.slices[0]!.header;
  const stated = {
    shape: [Columns, Rows, series.slices.length],
    affine: affineOfSlices(series.slices),
  };
  if (compareSpace(await readVolumeHeader(file), stated).same) return;
  throw new InputError(`Cannot read series ${series.key}: dcm2niix places it otherwise`, {
    code: "bad-dicom",
    path,
    hint: "Convert it with another program and give the .nii.gz file",
  });
}

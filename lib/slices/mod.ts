/**
 * Slices: normalised, cut from volumes, stored, split by patient, read in batches.
 *
 * @example From a data set to batches
 * ```ts
 * import { createVolume, writeVolume } from "../volume/mod.ts";
 * import { extractSlices, SliceDataset, splitCases } from "./mod.ts";
 * import assert from "node:assert/strict";
 *
 * const data = await Deno.makeTempDir();
 * for (const [k, id] of ["a", "b", "c"].entries()) {
 *   const image = Float32Array.from({ length: 8 * 6 * 2 }, (_, i) => (i + 5 * k) % 96);
 *   const label = Uint8Array.from(image, (value) => value > 50 ? 1 : 0);
 *   const like = createVolume({ data: image, shape: [8, 6, 2], spacing: [1, 1, 3] });
 *   await writeVolume(`${data}/imagesTr/${id}.nii.gz`, { data: image, like });
 *   await writeVolume(`${data}/labelsTr/${id}.nii.gz`, { data: label, like });
 * }
 * const { folder, manifest } = await extractSlices({ data, out: `${data}/prepared` });
 * const split = splitCases(manifest.cases.map(({ id }) => id), { seed: 1 });
 * const train = await SliceDataset.open(folder, { cases: split.train });
 * for await (const batch of train.batches({ batchSize: 2, seed: 1, epoch: 0 })) {
 *   assert.equal(batch.images.length, 2 * 8 * 8);
 * }
 * await Deno.remove(data, { recursive: true });
 * ```
 *
 * @module
 */

export type { CaseSource, Finding, Problem, SourceFiles } from "./discovery/case_source.ts";
export type { DatasetDescription, DeclaredLabel } from "./discovery/dataset_description.ts";
export { discoverCases, type DiscoveredCases } from "./discovery/discover_cases.ts";
export {
  compareKind,
  type ImageList,
  listImages,
  type Shard,
  takeShard,
} from "./discovery/list_images.ts";
export {
  type Case,
  type CaseGrid,
  IGNORED,
  type LabelPlane,
  type LabelSummary,
  type Target,
  type Targets,
} from "./case.ts";
export type { CaseSettings, CaseWants } from "./case_settings.ts";
export { checkSources, type PrepareOptions, prepareSlices, usePrepared } from "./prepare_slices.ts";
export { compareInput } from "./compare_input.ts";
export {
  type ExtractOptions,
  type ExtractProgress,
  extractSlices,
  type PreparedSlices,
} from "./extract_slices.ts";
export {
  commonSize,
  labelToModelGrid,
  type ModelGrid,
  sliceGeometry,
  toModelGrid,
  toOriginalGrid,
} from "./geometry.ts";
export { type Manifest, type ManifestCase, readManifest, type SourceFile } from "./manifest.ts";
export {
  type ModelInputs,
  modelInputs,
  ModelInputsSchema,
  type TrainedOn,
} from "./model_inputs.ts";
export { type ForegroundIntensities, type IntensityRange, normalize } from "./normalize.ts";
export { openCase, type OpenedCase, requireCase } from "./open_case.ts";
export { holdPrepared } from "./prepared_folder.ts";
export { resolveSliceSettings, SLICE_KEYS, type SliceSettings } from "./slice_settings.ts";
export { keepPlane, labelPlanes, maskValues, parseTargets } from "./targets.ts";
export { decodeNpy, encodeNpy, type NpyArray, type NpyData } from "./npy.ts";
export { formatReport } from "./report.ts";
export { loadSlice, saveSlice, type SaveSliceOptions, type StorableSlice } from "./save_slice.ts";
export { type Batch, type BatchOptions, type Sample, SliceDataset } from "./slice_dataset.ts";
export { chooseSplit, type ChosenSplit } from "./split/choose_split.ts";
export { findPatients, type Patients, recognisePatients } from "./split/patients.ts";
export { requireCases } from "./split/require_cases.ts";
export { type Split, splitCases, type SplitOptions } from "./split/split_cases.ts";
export { SPLIT_KEYS, type SplitSettings } from "./split/split_keys.ts";
export { readSplitsFile, type SplitsFileOptions } from "./split/splits_file.ts";
export { type CaseFacts, caseFacts } from "./verify/case_facts.ts";
export { dataSetProblems, type DataSetSettings } from "./verify/data_set_problems.ts";
export { formatVerification } from "./verify/format_verification.ts";
export { type Verification, verifyData, type VerifyOptions } from "./verify/verify_data.ts";
export type {
  Axis,
  Box,
  Fit,
  ImageSlice,
  PlaneExtent,
  Slice,
  SliceFormat,
  SliceGeometry,
  SliceRecord,
} from "./types.ts";

/**
 * Slices: normalised, cut from volumes, stored, split by patient, read in batches.
 *
 * @example From a data set to batches
 * ```ts no-run
 * import { prepareSlices, SliceDataset, splitCases } from "./mod.ts";
 *
 * const { folder, manifest } = await prepareSlices({
 *   data: "data.example",
 *   out: "prepared/data.example",
 * });
 * const split = splitCases(manifest.cases.map(({ id }) => id), { seed: 1 });
 * const train = await SliceDataset.open(folder, { cases: split.train });
 * for await (const batch of train.batches({ batchSize: 1, seed: 1 })) console.log(batch.size);
 * ```
 *
 * @module
 */

export { discoverCases, type DiscoveredCases, listVolumes } from "./discover_cases.ts";
export {
  type ExtractOptions,
  type ExtractProgress,
  extractSlices,
  type PreparedSlices,
} from "./extract_slices.ts";
export {
  commonSize,
  type GridOptions,
  sliceGeometry,
  toModelGrid,
  toOriginalGrid,
} from "./geometry.ts";
export {
  type ExtractSettings,
  type Manifest,
  type ManifestCase,
  readManifest,
} from "./manifest.ts";
export {
  type IntensityRange,
  intensityRange,
  normalize,
  type NormalizeOptions,
} from "./normalize.ts";
export { decodeNpy, encodeNpy, type NpyArray, type NpyData } from "./npy.ts";
export { prepareSlices } from "./prepare_slices.ts";
export { formatReport } from "./report.ts";
export { loadSlice, saveSlice, type StorableSlice } from "./save_slice.ts";
export { type Batch, type BatchOptions, type Sample, SliceDataset } from "./slice_dataset.ts";
export { type Split, splitCases, type SplitOptions } from "./split_cases.ts";
export type {
  Axis,
  DataCase,
  Fit,
  Problem,
  Slice,
  SliceFormat,
  SliceGeometry,
  SliceRecord,
} from "./types.ts";

/**
 * The image-related part of a DICOM header, without the patient's data.
 *
 * @module
 */

import * as v from "valibot";

/** dcmjs has no types; this is the part that is used. */
interface Dcmjs {
  readonly data: {
    readonly DicomMessage: {
      readFile(bytes: ArrayBuffer, options: object): {
        readonly dict: object;
        readonly meta: Record<string, { readonly Value: readonly unknown[] } | undefined>;
      };
    };
    readonly DicomMetaDictionary: { naturalizeDataset(dict: object): Record<string, unknown> };
    datasetToDict(dataset: object): { write(): ArrayBuffer };
  };
  readonly log: Logger & { getLoggers(): Record<string, Logger> };
}

interface Logger {
  setLevel(level: string): void;
}

/** Loads dcmjs, only when there is DICOM. */
export async function loadDcmjs(): Promise<Dcmjs> {
  const { default: dcmjs } = await import("dcmjs");
  const { log } = dcmjs as Dcmjs;
  // They print what they find in headers
  for (const logger of [log, ...Object.values(log.getLoggers())]) logger.setLevel("silent");
  return dcmjs as Dcmjs;
}

const number = v.pipe(
  v.union([v.number(), v.string()]),
  v.transform(Number),
  v.number(),
  v.finite(),
);
const text = v.optional(v.pipe(v.unknown(), v.transform((value) => String(value ?? ""))), "");
const integer = (fallback: number) => v.optional(v.pipe(number, v.integer()), fallback);
const triple = v.tuple([number, number, number]);

const HeaderSchema = v.object({
  SOPClassUID: text,
  SOPInstanceUID: text,
  SeriesInstanceUID: text,
  SeriesNumber: integer(0),
  SeriesDescription: text,
  Modality: text,
  ImagePositionPatient: v.optional(triple),
  ImageOrientationPatient: v.optional(v.tuple([number, number, number, number, number, number])),
  PixelSpacing: v.optional(v.tuple([number, number])),
  Rows: integer(0),
  Columns: integer(0),
  NumberOfFrames: integer(1),
  SamplesPerPixel: integer(1),
  PhotometricInterpretation: text,
});

/** The header of one file, with DICOM's names. Lengths are in millimetres, axes in LPS. */
export interface DicomHeader extends v.InferOutput<typeof HeaderSchema> {
  readonly transferSyntax: string;
  readonly hasPixels: boolean;
}

/** Whether bytes are a DICOM file with its preamble. */
export function isDicom(bytes: Uint8Array): boolean {
  return bytes.length > 132 && String.fromCharCode(...bytes.subarray(128, 132)) === "DICM";
}

/**
 * Reads the header of a DICOM file.
 *
 * @returns Null if it is damaged.
 */
export function readDicomHeader(dcmjs: Dcmjs, bytes: Uint8Array<ArrayBuffer>): DicomHeader | null {
  try {
    const { dataset, transferSyntax, hasPixels } = naturalHeader(dcmjs, bytes);
    return { ...v.parse(HeaderSchema, dataset), transferSyntax, hasPixels };
  } catch {
    return null; // any error of dcmjs about bytes that are not a header
  }
}

/** A whole header by attribute names. It includes the patient's data: never write it anywhere. */
export function naturalHeader(dcmjs: Dcmjs, bytes: Uint8Array<ArrayBuffer>) {
  const { data: { DicomMessage, DicomMetaDictionary } } = dcmjs;
  const untilPixels = { ignoreErrors: true, untilTag: "7FE00010", includeUntilTagValue: false };
  const { dict, meta } = DicomMessage.readFile(bytes.slice().buffer, untilPixels);
  return {
    dataset: DicomMetaDictionary.naturalizeDataset(dict),
    transferSyntax: String(meta["00020010"]?.Value[0] ?? ""),
    hasPixels: "7FE00010" in dict,
  };
}

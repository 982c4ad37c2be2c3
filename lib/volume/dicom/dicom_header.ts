/**
 * What the header of a DICOM file says of its image, and nothing of the patient.
 *
 * @module
 */

import * as v from "valibot";

/** dcmjs has no types: what of it is used. */
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
  readonly log: { setLevel(level: string): void };
}

/** dcmjs, loaded where there is DICOM. */
export async function loadDcmjs(): Promise<Dcmjs> {
  const { default: dcmjs } = await import("dcmjs");
  dcmjs.log.setLevel("silent"); // it tells what it finds in headers
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

/** The header of one file, by the names that DICOM gives. Lengths are millimetres, axes LPS. */
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
 * @param dcmjs From {@linkcode loadDcmjs}.
 * @returns Null where it is damaged.
 */
export function readDicomHeader(dcmjs: Dcmjs, bytes: Uint8Array<ArrayBuffer>): DicomHeader | null {
  try {
    const { dataset, transferSyntax, hasPixels } = naturalHeader(dcmjs, bytes);
    return { ...v.parse(HeaderSchema, dataset), transferSyntax, hasPixels };
  } catch {
    return null; // whatever dcmjs throws about bytes that are no header
  }
}

/** A whole header by the names of its attributes, the patient's too: keep it to yourself. */
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

/**
 * A mask as a DICOM Segmentation object, for the archive that its series is from.
 *
 * Source: DICOM PS3.3, A.51, the Segmentation IOD.
 *
 * @module
 */

import type { Target } from "../slices/case.ts";
import { InputError } from "../support/errors.ts";
import { PROGRAM } from "../support/program.ts";
import { readDicomFiles } from "../volume/dicom/dicom_files.ts";
import { loadDcmjs, naturalHeader } from "../volume/dicom/dicom_header.ts";
import { affineOfSlices, type DicomSeries } from "../volume/dicom/dicom_series.ts";
import { compareSpace, reorient, type Volume, type Voxels } from "../volume/mod.ts";

/** What {@linkcode encodeDicomSeg} takes. */
export interface DicomSegOptions {
  readonly series: DicomSeries;
  /** On the grid of the series, as written by `predict`. */
  readonly mask: Volume<Voxels>;
  /** The meaning of its values. */
  readonly classes: readonly Target[];
  /** The name of the model. */
  readonly model: string;
}

const SEGMENTATION = "1.2.840.10008.5.1.4.1.1.66.4";
const EXPLICIT_LITTLE_ENDIAN = "1.2.840.10008.1.2.1";

/** Attributes of patient, study and frame of reference, which are copied. */
const COPIED = [
  ...[
    "PatientName",
    "PatientID",
    "PatientBirthDate",
    "PatientSex",
    "StudyInstanceUID",
    "StudyDate",
  ],
  ...["StudyTime", "StudyID", "AccessionNumber", "ReferringPhysicianName", "FrameOfReferenceUID"],
  "PositionReferenceIndicator",
];

/**
 * Writes a mask as a DICOM Segmentation object: a binary segment for each class, with algorithm and
 * version, references to the source images, and the patient, study and frame of reference of the
 * series. Slices without a class have no frame for it.
 *
 * @returns The bytes of the file.
 * @throws {InputError} If the mask is not on the grid of the series.
 */
export async function encodeDicomSeg(options: DicomSegOptions): Promise<Uint8Array<ArrayBuffer>> {
  const { series: { path, key, slices, description }, classes, model } = options;
  const dcmjs = await loadDcmjs();
  const { name, header } = slices[0]!;
  const source = naturalHeader(
    dcmjs,
    (await readDicomFiles(path, new Set([name]))).get(name)!,
  ).dataset;
  const frames = framesOf(options);
  const now = new Date().toISOString();
  const [date, time] = [
    now.slice(0, 10).replaceAll("-", ""),
    now.slice(11, 19).replaceAll(":", ""),
  ];
  const [instance, organization] = [newUid(), newUid()];
  const { Rows, Columns } = header;
  const dataset = {
    ...Object.fromEntries(COPIED.map((tag) => [tag, source[tag] ?? ""])),
    SOPClassUID: SEGMENTATION,
    SOPInstanceUID: instance,
    SeriesInstanceUID: newUid(),
    SeriesNumber: header.SeriesNumber + 1000,
    SeriesDescription: `${PROGRAM.name}: ${description}`.slice(0, 64),
    Modality: "SEG",
    InstanceNumber: 1,
    ImageType: ["DERIVED", "PRIMARY"],
    ...{ ContentDate: date, ContentTime: time, SeriesDate: date, SeriesTime: time },
    ...{ ContentLabel: "SEGMENTATION", ContentDescription: "", ContentCreatorName: "" },
    ...{ Manufacturer: PROGRAM.name, ManufacturerModelName: model, DeviceSerialNumber: "none" },
    SoftwareVersions: PROGRAM.version,
    ...{ Rows, Columns, NumberOfFrames: frames.length, SamplesPerPixel: 1 },
    PhotometricInterpretation: "MONOCHROME2",
    ...{ BitsAllocated: 1, BitsStored: 1, HighBit: 0, PixelRepresentation: 0 },
    ...{ LossyImageCompression: "00", SegmentationType: "BINARY" },
    SegmentSequence: classes.map(({ name }, i) => segment(name, i + 1, model)),
    DimensionOrganizationSequence: [{ DimensionOrganizationUID: organization }],
    DimensionIndexSequence: [
      { DimensionIndexPointer: 0x0062000b, FunctionalGroupPointer: 0x0062000a },
      { DimensionIndexPointer: 0x00200032, FunctionalGroupPointer: 0x00209113 },
    ].map((index) => ({ ...index, DimensionOrganizationUID: organization })),
    ReferencedSeriesSequence: [{
      SeriesInstanceUID: header.SeriesInstanceUID,
      ReferencedInstanceSequence: slices.map(({ header }) => reference(header)),
    }],
    SharedFunctionalGroupsSequence: [{
      PixelMeasuresSequence: [{
        PixelSpacing: header.PixelSpacing,
        ...{ SliceThickness: sliceStep(options), SpacingBetweenSlices: sliceStep(options) },
      }],
      PlaneOrientationSequence: [{ ImageOrientationPatient: header.ImageOrientationPatient }],
    }],
    PerFrameFunctionalGroupsSequence: frames.map(({ segment, slice }) => ({
      FrameContentSequence: [{ DimensionIndexValues: [segment, slice + 1] }],
      PlanePositionSequence: [{
        ImagePositionPatient: slices[slice]!.header.ImagePositionPatient,
      }],
      SegmentIdentificationSequence: [{ ReferencedSegmentNumber: segment }],
      DerivationImageSequence: [{
        DerivationCodeSequence: [code("113076", "DCM", "Segmentation")],
        SourceImageSequence: [{
          ...reference(slices[slice]!.header),
          PurposeOfReferenceCodeSequence: [
            code("121322", "DCM", "Source image for image processing operation"),
          ],
        }],
      }],
    })),
    PixelData: [packBits(frames.map(({ pixels }) => pixels)).buffer],
    _vrMap: { PixelData: "OB" },
    _meta: {
      FileMetaInformationVersion: { Value: [Uint8Array.of(0, 1).buffer], vr: "OB" },
      MediaStorageSOPClassUID: { Value: [SEGMENTATION], vr: "UI" },
      MediaStorageSOPInstanceUID: { Value: [instance], vr: "UI" },
      TransferSyntaxUID: { Value: [EXPLICIT_LITTLE_ENDIAN], vr: "UI" },
      ImplementationClassUID: { Value: ["2.25.80302813137786398554742050926734630921"], vr: "UI" },
      ImplementationVersionName: { Value: [PROGRAM.name], vr: "SH" },
    },
  };
  const bytes = dcmjs.data.datasetToDict(dataset).write();
  if (bytes.byteLength === 0) throw new TypeError(`Cannot write a segmentation of series ${key}`);
  return new Uint8Array(bytes);
}

/** One segment in one slice. */
interface Frame {
  /** From 1. */
  readonly segment: number;
  /** The index of its slice, from 0. */
  readonly slice: number;
  /** 1 or 0, row by row. */
  readonly pixels: Uint8Array;
}

/** The slices that contain each class; an empty one if none does. */
function framesOf({ series, mask, classes }: DicomSegOptions): Frame[] {
  const { slices, path } = series;
  const { Rows, Columns } = slices[0]!.header;
  const shape = [Columns, Rows, slices.length];
  const found = compareSpace(mask, { shape, affine: affineOfSlices(slices) });
  if (!found.same) {
    throw new InputError("Cannot write a DICOM segmentation: the mask is on another grid", {
      code: "bad-dicom",
      path,
    });
  }
  const values = reorient(mask.data, mask.shape, found.reorientation);
  const size = Rows * Columns;
  const frames = classes.flatMap(({ values: wanted }, i) =>
    slices.map((_, slice): Frame => {
      const plane = values.subarray(slice * size, (slice + 1) * size);
      const holds = (value: number) => wanted === "above 0" ? value > 0 : wanted.includes(value);
      return { segment: i + 1, slice, pixels: Uint8Array.from(plane, (v) => holds(v) ? 1 : 0) };
    })
  );
  const filled = frames.filter(({ pixels }) => pixels.includes(1));
  return filled.length > 0 ? filled : frames.slice(0, 1);
}

/** Millimetres between slices. */
function sliceStep({ series: { slices } }: DicomSegOptions): number {
  const affine = affineOfSlices(slices);
  return Math.hypot(...[0, 1, 2].map((row) => affine[row]![2]!));
}

function segment(label: string, number: number, model: string) {
  return {
    SegmentNumber: number,
    SegmentLabel: label.slice(0, 64),
    SegmentAlgorithmType: "AUTOMATIC",
    SegmentAlgorithmName: `${PROGRAM.name} ${PROGRAM.version}, ${model}`.slice(0, 64),
    SegmentationAlgorithmIdentificationSequence: [{
      AlgorithmFamilyCodeSequence: [code("123110", "DCM", "Artificial Intelligence")],
      AlgorithmName: `${PROGRAM.name}, ${model}`.slice(0, 64),
      AlgorithmVersion: PROGRAM.version,
    }],
    // Of a segment only the name is known
    SegmentedPropertyCategoryCodeSequence: [code("85756007", "SCT", "Tissue")],
    SegmentedPropertyTypeCodeSequence: [code("85756007", "SCT", "Tissue")],
  };
}

function code(value: string, scheme: string, meaning: string) {
  return { CodeValue: value, CodingSchemeDesignator: scheme, CodeMeaning: meaning };
}

function reference(header: { SOPClassUID: string; SOPInstanceUID: string }) {
  return {
    ReferencedSOPClassUID: header.SOPClassUID,
    ReferencedSOPInstanceUID: header.SOPInstanceUID,
  };
}

/**
 * Eight pixels per byte, the first in the lowest bit, frames without gaps; an even number of bytes.
 */
function packBits(planes: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const count = planes.reduce((sum, { length }) => sum + length, 0);
  const bytes = new Uint8Array(2 * Math.ceil(count / 16));
  let at = 0;
  for (const plane of planes) {
    for (const bit of plane) bytes[at >> 3]! |= bit << (at++ & 7);
  }
  return bytes;
}

/** A UID from a UUID. */
function newUid(): string {
  return `2.25.${BigInt(`0x${crypto.randomUUID().replaceAll("-", "")}`)}`;
}

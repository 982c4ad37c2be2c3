/**
 * Recognises files of other formats, and what may be found in place of a file.
 *
 * @module
 */

/** What a file is, for a message, and what to do about it. */
export interface ForeignFormat {
  /** Completes "it is …": "an NRRD file". */
  readonly format: string;
  /** A sentence, as a hint. */
  readonly hint: string;
}

const ITK = "Convert it to .nii.gz, for example with 3D Slicer, ITK-SNAP or SimpleITK";
const NIBABEL =
  "Convert it to .nii.gz, for example with nibabel: nib.save(nib.load(name), 'NAME.nii.gz')";
const DICOM = "Convert the series to .nii.gz, for example with dcm2niix";
const PICTURE = "Convert it to .png, for example with ImageMagick";
const JPEG =
  "Convert images to .png, for example with ImageMagick; masks stored as JPEG have wrong values";
const ARRAY = "Save the array as .nii.gz with its voxel size, for example with nibabel";
const FREESURFER = "Convert it to .nii.gz, for example with mri_convert or nibabel";
const REPACK = "Unpack it, or pack it with gzip";
const AGAIN = "Copy or download the file again";
const UNPACK = "Unpack it first";

const NAMES: readonly (readonly [ending: RegExp, format: string, hint: string])[] = [
  [/\.(nrrd|nhdr)$/i, "an NRRD file", ITK],
  [/\.(mha|mhd)$/i, "a MetaImage file", ITK],
  [/\.(mgh|mgz)$/i, "a FreeSurfer volume", FREESURFER],
  [/\.(hdr|img)(\.gz)?$/i, "half of a .hdr and .img pair", NIBABEL],
  [/\.(par|rec)$/i, "a Philips PAR/REC file", "Convert it to .nii.gz, for example with dcm2niix"],
  [/\.(dcm|dicom|ima)$/i, "a DICOM file", DICOM],
  [/\.(mnc|minc)(\.gz)?$/i, "a MINC file", NIBABEL],
  [/\.(jpe?g|jfif)$/i, "a JPEG picture", JPEG],
  [/\.tiff?$/i, "a TIFF picture", PICTURE],
  [/\.(bmp|gif|webp|jp2)$/i, "a picture of another format", PICTURE],
  [/\.(npy|npz|mat|h5|hdf5|pkl)$/i, "an array without a voxel size", ARRAY],
  [/\.nii\.\w+$/i, "NIfTI packed with another program", REPACK],
  [/\.(zip|tar|tgz|7z|rar)$|\.tar\.\w+$/i, "an archive", UNPACK],
];

/**
 * What a file with this name is, if it is an image or archive that the program cannot read.
 *
 * @returns null for all other names, those of `.nii`, `.nii.gz` and `.png` files among them.
 *
 * @example
 * ```ts
 * import { formatOfName } from "./foreign_format.ts";
 * import assert from "node:assert/strict";
 *
 * assert.equal(formatOfName("case_01.seg.nrrd")?.format, "an NRRD file");
 * assert.equal(formatOfName("case_01.nii.gz"), null);
 * ```
 */
export function formatOfName(name: string): ForeignFormat | null {
  // Of packed NIfTI files only gzip is read.
  if (/\.nii\.gz$/i.test(name)) return null;
  const known = NAMES.find(([ending]) => ending.test(name));
  return known === undefined ? null : { format: known[1], hint: known[2] };
}

/** What the beginning of a file reveals. */
const STAND_INS: readonly (readonly [start: RegExp, format: string, hint: string])[] = [
  [/^$/, "empty", AGAIN],
  [
    /^version https:\/\/git-lfs/,
    "a git-LFS pointer, not the file itself",
    "Fetch the file with git lfs pull",
  ],
  [
    /^(\.\.\/|\/|\.git\/)+annex\/objects\//,
    "a git-annex pointer, not the file itself",
    "Fetch the file with git annex get or datalad get",
  ],
  [
    /^(\xef\xbb\xbf)?\s*<(!doctype|html|head|\?xml)/i,
    "a web page",
    "Download it again; the page may say why the download failed",
  ],
];

/** Where a format's signature is, if not at the start. */
const PLACES: Readonly<Record<string, number>> = { DICM: 128, ustar: 257, WEBP: 8 };

const CONTENTS: readonly (readonly [signatures: string[], format: string, hint: string])[] = [
  [["NRRD"], "an NRRD file", ITK],
  [["ObjectType"], "a MetaImage file", ITK],
  [["DICM"], "a DICOM file", DICOM],
  [["\0\0\0\x01\0"], "a FreeSurfer volume", FREESURFER],
  [["\xff\xd8\xff"], "a JPEG picture", JPEG],
  [["\x89PNG\r\n"], "a PNG picture", "Volumes are .nii or .nii.gz files"],
  [["II*\0", "MM\0*", "II+\0", "MM\0+"], "a TIFF picture", PICTURE],
  [["GIF8", "BM", "WEBP"], "a picture of another format", PICTURE],
  [["CDF\x01", "CDF\x02", "\x89HDF\r\n"], "an HDF5 or MINC file", NIBABEL],
  [["\x93NUMPY", "MATLAB 5"], "an array without a voxel size", ARRAY],
  [["PK\x03\x04", "7z\xbc\xaf", "Rar!", "ustar"], "an archive", UNPACK],
  [["BZh", "\xfd7zXZ", "\x28\xb5\x2f\xfd"], "packed with a program other than gzip", REPACK],
  [["\x1f\x8b"], "packed with gzip twice", "Unpack it once"],
];

/**
 * What a file of an unexpected format is, by its first bytes.
 *
 * @param start The first 512 bytes, or fewer of a shorter file.
 * @returns null if nothing is recognised.
 */
export function formatOfContent(start: Uint8Array): ForeignFormat | null {
  const stands = standIn(start);
  if (stands !== null) return stands;
  const text = textOf(start);
  const found = CONTENTS.find(([signatures]) =>
    signatures.some((signature) => text.startsWith(signature, PLACES[signature] ?? 0))
  );
  return found === undefined ? null : { format: found[1], hint: found[2] };
}

/**
 * What was found in place of a file: nothing at all, a pointer of git-LFS or git-annex, or a web
 * page.
 *
 * @param start The first 512 bytes, or fewer of a shorter file.
 * @returns null if it is none of these.
 */
export function standIn(start: Uint8Array): ForeignFormat | null {
  const text = textOf(start);
  const found = STAND_INS.find(([pattern]) => pattern.test(text));
  return found === undefined ? null : { format: found[1], hint: found[2] };
}

/** One character per byte. */
function textOf(start: Uint8Array): string {
  return String.fromCharCode(...start.subarray(0, 512));
}

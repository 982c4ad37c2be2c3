/**
 * Formats of images that are not read, and what converts them.
 *
 * @module
 */

import type { Finding } from "./case_source.ts";

const SIMPLE_ITK = "3D Slicer, or with SimpleITK in Python";
const NIBABEL = "nibabel in Python: nib.save(nib.load(name), 'NAME.nii.gz')";

const FORMATS: readonly (readonly [ending: RegExp, format: string, converter: string])[] = [
  [/\.n(rrd|hdr)$/i, "NRRD", `Convert it to .nii.gz with ${SIMPLE_ITK}`],
  [/\.mh[ad]$/i, "MetaImage", `Convert it to .nii.gz with ${SIMPLE_ITK}`],
  [/\.(mgz|mgh)$/i, "FreeSurfer", "Convert it to .nii.gz with mri_convert"],
  [/\.(hdr|img)(\.gz)?$/i, "a pair of .hdr and .img", `Convert it to .nii.gz with ${NIBABEL}`],
  [/\.(par|rec)$/i, "Philips PAR/REC", "Convert it to .nii.gz with dcm2niix"],
  [/\.(dcm|dicom|ima)$/i, "DICOM", "Convert the series to .nii.gz with dcm2niix"],
  [/\.(minc|mnc)(\.gz)?$/i, "MINC", `Convert it to .nii.gz with ${NIBABEL}`],
  [/\.jpe?g$/i, "JPEG", "Convert images to .png, as with ImageMagick; JPEG spoils masks"],
  [
    /\.(tiff?|bmp|gif|webp)$/i,
    "another kind of picture",
    "Convert it to .png, as with ImageMagick",
  ],
  [/\.(npy|npz|mat|h5|hdf5|pkl)$/i, "an array", `Save it as .nii.gz with ${NIBABEL}`],
  [/\.nii\.\w+$/i, "NIfTI packed by another program", "Unpack it, or pack it with gzip"],
  [/\.(zip|tar|tgz|tar\.\w+|7z|rar)$/i, "an archive", "Unpack it"],
];

/**
 * What is said of a file whose name is that of an image in a format that is not read.
 *
 * @returns null for names of all other files.
 */
export function describeOtherFormat(name: string): Finding | null {
  const known = FORMATS.find(([ending]) => ending.test(name));
  if (known === undefined) return null;
  return { severity: "warning", message: `not read: it is ${known[1]}`, hint: known[2] };
}

import assert from "node:assert/strict";
import { formatOfContent, formatOfName, standIn } from "../../lib/support/foreign_format.ts";

Deno.test("formatOfName() tells images of other formats by their endings, and nothing else", () => {
  const names: [name: string, format: RegExp, hint: RegExp][] = [
    ["c0.seg.nrrd", /an NRRD file/, /3D Slicer/],
    ["c0.NHDR", /an NRRD file/, /SimpleITK/],
    ["c0.mha", /a MetaImage file/, /ITK-SNAP/],
    ["c0.mhd", /a MetaImage file/, /ITK-SNAP/],
    ["brain.mgz", /a FreeSurfer volume/, /mri_convert/],
    ["c0.img", /half of a \.hdr and \.img pair/, /nibabel/],
    ["c0.hdr.gz", /half of a \.hdr and \.img pair/, /nibabel/],
    ["IM0001.dcm", /a DICOM file/, /dcm2niix/],
    ["c0.IMA", /a DICOM file/, /dcm2niix/],
    ["c0.par", /PAR\/REC/, /dcm2niix/],
    ["c0.mnc", /a MINC file/, /nibabel/],
    ["mask.JPG", /a JPEG picture/, /wrong values/],
    ["c0.tiff", /a TIFF picture/, /\.png/],
    ["c0.bmp", /a picture/, /\.png/],
    ["c0.npz", /an array/, /voxel size/],
    ["c0.nii.bz2", /NIfTI packed/, /gzip/],
    ["data.tar.gz", /an archive/, /Unpack/],
  ];
  for (const [name, format, hint] of names) {
    const found = formatOfName(name);
    assert.match(found?.format ?? "", format, name);
    assert.match(found!.hint, hint, name);
  }
  for (const name of ["c0.nii", "c0.nii.gz", "C0.NII.GZ", "c0.png", "dataset.json", "README.md"]) {
    assert.equal(formatOfName(name), null, name);
  }
});

/** Bytes of a text of one character a byte, behind so many others. */
const bytes = (text: string, before = 0) =>
  Uint8Array.from(
    { length: before + text.length },
    (_, i) => i < before ? 32 : text.charCodeAt(i - before),
  );

Deno.test("formatOfContent() tells files by their first bytes", () => {
  const contents: [content: Uint8Array, format: RegExp][] = [
    [bytes(""), /^empty$/],
    [bytes("version https://git-lfs.github.com/spec/v1\noid sha256:4d7a"), /git-LFS/],
    [bytes("/annex/objects/MD5E-s12345--3b2f.nii.gz\n"), /git-annex/],
    [bytes("../.git/annex/objects/Xx/9j/SHA256E-s5--a"), /git-annex/],
    [bytes("\n<!DOCTYPE html>\n<html>"), /web page/],
    [bytes('\xef\xbb\xbf<?xml version="1.0"?><Error>'), /web page/],
    [bytes("NRRD0004\n"), /NRRD/],
    [bytes("ObjectType = Image\n"), /MetaImage/],
    [bytes("DICM", 128), /DICOM/],
    [bytes("\0\0\0\x01\0\0\x01\0"), /FreeSurfer/],
    [bytes("\xff\xd8\xff\xe0"), /JPEG/],
    [bytes("\x89PNG\r\n\x1a\n"), /PNG/],
    [bytes("II*\0"), /TIFF/],
    [bytes("MM\0*"), /TIFF/],
    [bytes("WEBP", 8), /another format/],
    [bytes("\x89HDF\r\n\x1a\n"), /HDF5/],
    [bytes("\x93NUMPY\x01"), /array/],
    [bytes("PK\x03\x04"), /archive/],
    [bytes("ustar", 257), /archive/],
    [bytes("\x28\xb5\x2f\xfd"), /packed/],
    [bytes("\x1f\x8b\x08"), /gzip twice/],
  ];
  for (const [content, format] of contents) {
    assert.match(formatOfContent(content)?.format ?? "", format, String(format));
  }
  assert.equal(formatOfContent(bytes("\x5c\x01\0\0")), null);
  assert.equal(formatOfContent(bytes("DICM", 127)), null);
});

Deno.test("standIn() tells only what stands in a file's place", () => {
  assert.match(standIn(bytes("version https://git-lfs.github.com/spec/v1"))!.hint, /git lfs pull/);
  assert.match(standIn(bytes("/annex/objects/MD5E-s1--a"))!.hint, /git annex get/);
  assert.equal(standIn(bytes(""))?.format, "empty");
  assert.equal(standIn(bytes("\x89PNG\r\n")), null);
  assert.equal(standIn(bytes('{"a": "<html>"}')), null);
});

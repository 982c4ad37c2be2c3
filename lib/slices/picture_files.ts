import { join } from "@std/path";
import type { LabelPlane } from "./case.ts";
import { asError, type Finding, type SourceFiles } from "./discovery/case_source.ts";
import type { LabelEncoder } from "./label_codes.ts";
import { decodePng, type Picture } from "./png.ts";
import { checkCopy, checkSize, collect } from "./read_part.ts";
import { loadLabel, parsed, readSliceFile } from "./save_slice.ts";

/** Reads the files of one picture, one, or one per channel; null if that fails. */
export async function readImages(
  folder: string,
  { images }: SourceFiles,
  findings: Finding[],
): Promise<Picture[] | null> {
  const pictures: Picture[] = [];
  for (const path of images) {
    const whole = join(folder, path);
    const picture = await collect(
      readSliceFile(whole).then((bytes) => parsed(whole, () => decodePng(bytes))),
      findings,
    );
    if (picture === null) return null;
    pictures.push(picture);
  }
  const [{ height, width }] = pictures as [Picture];
  const other = pictures.findIndex((one) => one.height !== height || one.width !== width);
  if (other > 0) {
    findings.push(asError(
      `${images[other]} has ${pictures[other]!.height}×${pictures[other]!.width} pixels, ` +
        `${images[0]} ${height}×${width}`,
    ));
    return null;
  }
  checkSize(height, width, findings);
  return pictures;
}

/** Reads and encodes the label of one picture; null if that fails. */
export async function readLabel(
  folder: string,
  { images, label: path }: SourceFiles,
  [image]: readonly Picture[],
  encoder: LabelEncoder,
  findings: Finding[],
): Promise<LabelPlane | null> {
  if (path === null) {
    findings.push(asError("label is missing"));
    return null;
  }
  const found: Finding[] = [];
  const label = await collect(loadLabel(join(folder, path), found), found);
  for (const finding of found) {
    if (findings.every(({ message }) => message !== finding.message)) findings.push(finding);
  }
  if (label === null) return null;
  const { data, height, width, colours } = label;
  encoder.noteColours(colours);
  if (image!.height !== height || image!.width !== width) {
    findings.push(asError(
      `${images[0]} has ${image!.height}×${image!.width} pixels and its label ${height}×${width}`,
    ));
  } else if (image!.isGrey) {
    checkCopy(
      image!.data.subarray(0, height * width).map((v) => Math.round(v * 255)),
      data,
      findings,
    );
  }
  return { data: encoder.encode(data), height, width };
}

/**
 * Tells from file names which files are images, which are labels, and which belong together.
 *
 * @module
 */

import { basename } from "@std/path";

const VOLUME = /\.nii(\.gz)?$/i;
const PICTURE = /\.png$/i;

const LABEL_WORDS = "labels?|masks?|msk|dseg|segm?|segmentations?|gt|ground[-_ ]?truth|" +
  "annotations?|roi|lesion";
const IMAGE_WORDS = "images?|imgs?|scan|volume|vol|orig";
const [labelEnd, imageEnd] = [LABEL_WORDS, IMAGE_WORDS].map((words) =>
  new RegExp(`(?:^|[-_. ])(?:${words})$`, "i")
) as [RegExp, RegExp];
const [labelStart, imageStart] = [LABEL_WORDS, IMAGE_WORDS].map((words) =>
  new RegExp(`^(?:${words})[-_. ]`, "i")
) as [RegExp, RegExp];
/** BIDS entities that describe how a label was made, not its image. */
const LABEL_ENTITY = /_(?:label|desc|space|res|den)-[a-z0-9]+$/i;

/** Whether a file is a picture, not a volume, by its name. */
export function isPicture(name: string): boolean {
  return PICTURE.test(name);
}

/** Whether a file is a volume or a picture by its name. */
export function isImageFile(name: string): boolean {
  return VOLUME.test(name) || PICTURE.test(name);
}

/** A file's name without folder and extension, in Unicode's NFC form. */
export function stemOf(path: string): string {
  return basename(path).replace(VOLUME, "").replace(PICTURE, "").normalize("NFC");
}

/**
 * The form in which names are compared: macOS stores accents separately, and some tools ignore
 * case.
 */
export function comparable(name: string): string {
  return name.normalize("NFC").toLowerCase();
}

/** Whether a stem marks a label: `a_seg`, `mask_a`, `a_label-x_dseg`, `label`. */
export function isLabelName(stem: string): boolean {
  return labelEnd.test(stem) || labelStart.test(stem);
}

/** A label's stem without those words: its image's stem. */
export function withoutLabelWords(stem: string): string {
  let name = stem.replace(labelStart, "");
  while (labelEnd.test(name) || LABEL_ENTITY.test(name)) {
    name = name.replace(LABEL_ENTITY, "").replace(labelEnd, "");
  }
  return name;
}

/** An image's stem without words such as `image`: `img_a`, `a_image`. */
export function withoutImageWords(stem: string): string {
  return stem.replace(imageStart, "").replace(imageEnd, "");
}

/**
 * The ways to split a stem into a case and a channel name, shortest channel first: `a_0001`,
 * `a_t1`, `a_t1_ce`; last the whole stem, as in one folder per patient.
 */
export function* channelSplits(stem: string): Generator<{ base: string; channel: string }> {
  for (let i = stem.length - 1; i >= -1; i--) {
    if (i >= 0 && !"-_. ".includes(stem[i]!)) continue;
    const channel = stem.slice(i + 1);
    if (!/^(\d{4}|[a-z].*)$/i.test(channel)) return;
    yield { base: stem.slice(0, Math.max(i, 0)), channel };
  }
}

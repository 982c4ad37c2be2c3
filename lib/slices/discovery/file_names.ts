/**
 * What the names of files say: which hold images, which labels, and which belong together.
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
/** Entities of BIDS that say how a label was made, not what it is of. */
const LABEL_ENTITY = /_(?:label|desc|space|res|den)-[a-z0-9]+$/i;

/** Whether a file is a picture, not a volume, by its name. */
export function isPicture(name: string): boolean {
  return PICTURE.test(name);
}

/** Whether a file is a volume or a picture by its name. */
export function isImageFile(name: string): boolean {
  return VOLUME.test(name) || PICTURE.test(name);
}

/** A file's name without folder and ending, letters with their accents (NFC). */
export function stemOf(path: string): string {
  return basename(path).replace(VOLUME, "").replace(PICTURE, "").normalize("NFC");
}

/** What names are compared by: macOS writes accents apart, and some tools ignore case. */
export function comparable(name: string): string {
  return name.normalize("NFC").toLowerCase();
}

/** Whether a stem says that it is a label: `a_seg`, `mask_a`, `a_label-x_dseg`, `label`. */
export function isLabelName(stem: string): boolean {
  return labelEnd.test(stem) || labelStart.test(stem);
}

/** A label's stem without the words that say so: that of its image. */
export function withoutLabelWords(stem: string): string {
  let name = stem.replace(labelStart, "");
  while (labelEnd.test(name) || LABEL_ENTITY.test(name)) {
    name = name.replace(LABEL_ENTITY, "").replace(labelEnd, "");
  }
  return name;
}

/** An image's stem without the words that say so: `img_a`, `a_image`. */
export function withoutImageWords(stem: string): string {
  return stem.replace(imageStart, "").replace(imageEnd, "");
}

/**
 * The ways to take the last words of a stem as the name of a channel, shortest first:
 * `a_0001`, `a_t1`, `a_t1_ce`; at last the whole stem, as in a folder a patient.
 */
export function* channelSplits(stem: string): Generator<{ base: string; channel: string }> {
  for (let i = stem.length - 1; i >= -1; i--) {
    if (i >= 0 && !"-_. ".includes(stem[i]!)) continue;
    const channel = stem.slice(i + 1);
    if (!/^(\d{4}|[a-z].*)$/i.test(channel)) return;
    yield { base: stem.slice(0, Math.max(i, 0)), channel };
  }
}

import { InputError } from "../support/errors.ts";
import { counted } from "../support/names_of.ts";
import type { Case } from "./case.ts";
import { asError, asWarning, type Finding } from "./discovery/case_source.ts";
import type { ModelInputs, TrainedOn } from "./model_inputs.ts";

/** From this ratio on, spacings or sizes count as different. */
const FACTOR = 1.5;
/** From this ratio on, intensity ranges suggest another kind of image. */
const SPAN_FACTOR = 10;

/**
 * Lists how an image differs from the training images.
 *
 * @returns Errors if the prediction cannot be right, warnings if it may be wrong.
 */
export function compareInput(inputs: ModelInputs, opened: Case): Finding[] {
  const { trained } = inputs;
  if (trained === null) return compareColours(inputs, opened);
  return [
    ...compareChannels(inputs, trained, opened),
    ...compareOrientation(inputs, trained, opened),
    ...compareSize(inputs, trained, opened),
    ...compareIntensities(inputs, trained, opened),
  ];
}

/**
 * Older versions silently used the red channel of pictures, and stored channel 0 as the default.
 */
function compareColours({ channels, channel }: ModelInputs, opened: Case): Finding[] {
  const { kind, storedChannels } = opened;
  if (kind !== "pictures" || storedChannels === channels || String(channel) !== "0") return [];
  return [asError(
    `picture has ${storedChannels} channels, the model was trained on ${channels}, and ` +
      "its settings do not define which",
    "Give grey pictures, or use channel 0 (red) with --force",
  )];
}

function compareChannels(inputs: ModelInputs, trained: TrainedOn, opened: Case): Finding[] {
  const { channels } = inputs;
  if (channels === null || opened.channels === channels) return [];
  const names = Array.from({ length: channels }, (_, c) => nameOf(c, inputs, trained));
  return [asError(
    `image has ${counted(opened.channels, "channel")}, the model was trained on ${channels}: ` +
      names.join(", "),
    "Give images with the same channels",
  )];
}

/** A channel of the model: its index in the image, and its name if the data set has one. */
function nameOf(c: number, { channel }: ModelInputs, { channelNames }: TrainedOn): string {
  const place = channel === "all" ? c : channel[c]!;
  const name = channelNames[place];
  return `channel ${place}${name === undefined ? "" : ` (${name})`}`;
}

function compareOrientation(
  { orientation }: ModelInputs,
  { orientations }: TrainedOn,
  opened: Case,
): Finding[] {
  if (opened.kind === "pictures" || orientations.includes(opened.orientation)) return [];
  const message = `orientation is ${opened.orientation ?? "unknown"}, ` +
    `that of the training images ${orientations.map((letters) => letters ?? "unknown").join(", ")}`;
  if (orientation === "stored") {
    const hint = "Store the image in the same orientation; this model does not reorient images";
    return [asError(message, hint)];
  }
  // Canonical: reoriented like all others, unless its orientation is unknown
  return opened.orientation === null
    ? [asWarning(message, "Add the orientation to its header")]
    : [];
}

function compareSize(inputs: ModelInputs, trained: TrainedOn, opened: Case): Finding[] {
  const { crop, spacing } = opened.extent(opened.indices[0]!);
  const findings: Finding[] = [];
  if (
    inputs.spacing === "stored" && spacing !== null && trained.spacing !== null &&
    spacing.some((size, i) => isFar(size, trained.spacing![i]!, FACTOR))
  ) {
    const usual = format(trained.spacing);
    findings.push(asWarning(
      `pixels are ${format(spacing)} mm, those of the training images ${usual} mm`,
      "Resample the image, or train with --spacing median",
    ));
  }
  const { smallest, largest } = trained.slices;
  const size = [crop.height, crop.width];
  if (size.some((n, i) => n * FACTOR < smallest[i]! || n > largest[i]! * FACTOR)) {
    const usual = [...new Set([smallest.join("×"), largest.join("×")])].join(" to ");
    findings.push(asWarning(
      `slices have ${size.join("×")} pixels, those of the training images ${usual}`,
      "Crop the image to the region that the training images show",
    ));
  }
  return findings;
}

function compareIntensities(inputs: ModelInputs, trained: TrainedOn, opened: Case): Finding[] {
  const { intensities } = trained;
  return opened.intensities.flatMap(({ low, high }, c): Finding[] => {
    const seen = intensities[c];
    if (seen === undefined) return [];
    const { spans } = seen;
    const isLike = low >= seen.low - spans.low && high <= seen.high + spans.high &&
      high - low >= spans.low / SPAN_FACTOR && high - low <= spans.high * SPAN_FACTOR;
    if (isLike) return [];
    const name = nameOf(c, inputs, trained);
    return [asWarning(
      `values${intensities.length > 1 ? ` of ${name}` : ""} are ${format([low, high], " to ")}` +
        `, those of the training images ${format([seen.low, seen.high], " to ")}`,
      "It may be another kind of image",
    )];
  });
}

function isFar(a: number, b: number, factor: number): boolean {
  return Math.max(a / b, b / a) > factor;
}

function format(values: readonly number[], between = "×"): string {
  return values.map((value) => Number(value.toPrecision(4))).join(between);
}

/**
 * Refuses an image that the model cannot be right about.
 *
 * @returns The differences, as text.
 * @throws {InputError} If there are errors; it lists all of them.
 */
export function requireLike(findings: readonly Finding[], image: string, force: boolean): string[] {
  const errors = findings.filter(({ severity }) => severity === "error");
  if (errors.length > 0 && !force) {
    throw new InputError(
      `The model cannot be right about this image: ${errors.map((e) => e.message).join("; ")}`,
      {
        code: "bad-image",
        path: image,
        hint: errors.find(({ hint }) => hint !== "")?.hint ??
          "To predict it anyway, add --force",
      },
    );
  }
  return findings.map(({ message }) => message);
}

/**
 * Shared by volumes and pictures when files are read.
 *
 * @module
 */

import { InputError } from "../support/errors.ts";
import type { Volume } from "../volume/types.ts";
import type { CaseSettings } from "./case_settings.ts";
import { asError, asWarning, type Finding } from "./discovery/case_source.ts";

/** A smaller slice has nothing left at a quarter of its size. */
export const SMALLEST = 4;

/** A value, or null and an error among the findings. */
export async function collect<T>(work: Promise<T>, findings: Finding[]): Promise<T | null> {
  try {
    return await work;
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    findings.push(asError(error.message, error.hint));
    return null;
  }
}

/** The warnings of a volume's file. */
export function warningsOf({ warnings }: Pick<Volume, "warnings">, what: string): Finding[] {
  return warnings.map((warning) => asWarning(`${what}: ${warning}`));
}

/** Finds slices that are too small for the model. */
export function checkSize(height: number, width: number, findings: Finding[], hint = ""): void {
  if (Math.min(height, width) >= SMALLEST) return;
  findings.push(
    asError(`slices of ${height}×${width} are smaller than ${SMALLEST}×${SMALLEST}`, hint),
  );
}

/**
 * The numbers of the chosen channels.
 *
 * @param findings Gets an error if some are missing, or other images have others.
 */
export function chosenChannels(
  count: number,
  { channel, channels }: CaseSettings,
  findings: Finding[],
): readonly number[] {
  const chosen = channel === "all" ? Array.from({ length: count }, (_, i) => i) : channel;
  const missing = chosen.filter((i) => i >= count);
  const there = count === 1 ? "one" : String(count);
  if (missing.length > 0) {
    const hint = "Choose channels with --channel, from 0";
    const message = `image has no channel ${missing.join(", ")}: it has ${there}`;
    findings.push(asError(message, hint));
  } else if (channels !== null && chosen.length !== channels) {
    findings.push(asError(
      `image has ${chosen.length === 1 ? "one channel" : `${chosen.length} channels`}, ` +
        `${channels} ${channels === 1 ? "is" : "are"} needed`,
      "A data set and its model need the same channels; train with --channel to choose some",
    ));
  }
  return chosen;
}

/** Finds a label that is a copy of the image. */
export function checkCopy(
  image: ArrayLike<number>,
  label: ArrayLike<number>,
  findings: Finding[],
): void {
  if (image.length !== label.length) return;
  const distinct = new Set<number>();
  for (let i = 0; i < image.length; i++) {
    if (image[i] !== label[i]) return;
    if (distinct.size < 3) distinct.add(image[i]!);
  }
  if (distinct.size < 3) return;
  findings.push(asError("label is a copy of its image"));
}

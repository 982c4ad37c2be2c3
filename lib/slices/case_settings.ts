/**
 * How one case is opened: the settings of a data set, with everything in them made definite.
 *
 * @module
 */

import type { Targets } from "./case.ts";
import type { ForegroundIntensities } from "./normalize.ts";
import type { SliceSettings } from "./slice_settings.ts";

/** The settings of a data set, with what they stand for there. */
export interface CaseSettings extends SliceSettings {
  /** What `labels` stands for. */
  readonly targets: Targets;
  /** Millimetres between rows and between columns, or those that each slice has. */
  readonly spacing: "stored" | readonly [number, number];
  /** Channels that every image has, of those that are chosen; null where that is not known yet. */
  readonly channels: number | null;
  /** What `normalize: ct` scales each channel by; null for other ways. */
  readonly foreground: readonly ForegroundIntensities[] | null;
}

/** What of a case is wanted. */
export interface CaseWants {
  /** Whether it needs labels, or has none that count. */
  readonly labels: boolean;
  /** Whether its images are normalised, or come as they are stored. */
  readonly normalized: boolean;
}

import { checkContrast } from "./check_intensities.ts";
import type { CaseSettings, CaseWants } from "./case_settings.ts";
import type { Finding } from "./discovery/case_source.ts";
import {
  type IntensityRange,
  intensityRange,
  intensityScale,
  scaleIntensities,
} from "./normalize.ts";

/**
 * Normalises the values of a case, in place.
 *
 * @param channels All values of each channel. NaN is ignored and becomes 0.
 * @param findings Gets their problems, by channel if there are several.
 * @returns The range of each channel before normalisation.
 */
export function normalizeChannels(
  channels: readonly Float32Array[],
  settings: CaseSettings,
  { normalized }: CaseWants,
  findings: Finding[],
): IntensityRange[] {
  return channels.map((data, channel) => {
    const range = intensityRange(data);
    if (Number.isNaN(range.low) || !normalized) return range;
    const found: Finding[] = [];
    if (range.low === range.high) {
      checkContrast(data, range, found);
      data.fill(0);
    } else {
      const scale = intensityScale(data, range, settings, settings.foreground?.[channel] ?? null);
      if (settings.normalize !== "ct") checkContrast(data, scale, found);
      scaleIntensities(data, scale, data);
    }
    findings.push(...found.map((finding) => inChannel(finding, channel, channels.length)));
    return range;
  });
}

/** A finding about an image, with the channel's number if there are several. */
export function inChannel(finding: Finding, channel: number, channels: number): Finding {
  return channels === 1
    ? finding
    : { ...finding, message: `channel ${channel}: ${finding.message}` };
}

import { discoverCases } from "../../../lib/slices/discovery/discover_cases.ts";
import { openCase, type OpenedCase } from "../../../lib/slices/open_case.ts";
import { resolveSliceSettings, type SliceSettings } from "../../../lib/slices/slice_settings.ts";
import { surveyCases } from "../../../lib/slices/survey.ts";

/** Opens the cases of a data folder as preparing it does. */
export async function openAll(
  folder: string,
  settings: Partial<SliceSettings> = {},
): Promise<OpenedCase[]> {
  const { cases, description } = await discoverCases(folder);
  const survey = await surveyCases(cases, resolveSliceSettings(settings), description);
  const wants = { labels: true, normalized: true };
  return await Promise.all(cases.map((source) => openCase(source, survey.settings, wants)));
}

/** What was found about a case, as text. */
export function findingsOf({ findings }: OpenedCase): string[] {
  return findings.map(({ severity, message }) => `${severity}: ${message}`);
}

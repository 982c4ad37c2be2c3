import { InputError } from "../support/errors.ts";
import { largestOf } from "../support/extremes.ts";
import { inPool } from "../support/in_pool.ts";
import { quantile } from "../support/quantile.ts";
import { type CaseHeader, readCaseHeader } from "./case_header.ts";
import type { Case } from "./case.ts";
import type { CaseSettings } from "./case_settings.ts";
import type { CaseSource } from "./discovery/case_source.ts";
import type { DatasetDescription } from "./discovery/dataset_description.ts";
import { commonSize, scaledSize } from "./geometry.ts";
import { type ForegroundIntensities, meanAndDeviation, percentiles } from "./normalize.ts";
import { openCase } from "./open_case.ts";
import type { SliceSettings } from "./slice_settings.ts";
import { needsFoundValues, parseTargets } from "./targets.ts";
import type { PlaneExtent } from "./types.ts";

/** The most cases in memory at once: one is read while others are cut. */
const CASES_AT_ONCE = 3;

/** Voxels of all cases in memory at once, about 1 GiB as float32. */
const VOXELS_AT_ONCE = 2 ** 28;

/** Foreground voxels sampled per case for `normalize: ct`, as in nnU-Net. */
const FOREGROUND_SAMPLES = 10_000;

/** A data set with resolved settings. */
export interface Survey {
  readonly settings: CaseSettings;
  /** Height and width of all slices. */
  readonly size: readonly [number, number];
  /** The headers of the cases whose headers can be read. */
  readonly headers: readonly CaseHeader[];
  /** How many cases may be open at once. */
  readonly atOnce: number;
}

/**
 * Resolves the settings for a data set: its classes, the number of its channels, median spacing,
 * common size, and the intensities of its foreground. Usually the headers are enough; otherwise the
 * cases are read once more.
 *
 * @throws {InputError} If the settings do not fit the data set.
 */
export async function surveyCases(
  sources: readonly CaseSource[],
  settings: SliceSettings,
  description: DatasetDescription,
): Promise<Survey> {
  const headers: CaseHeader[] = [];
  await inPool(sources, 8, async (source) => {
    const header = await readCaseHeader(source, settings);
    if (header !== null) headers.push(header);
  });
  const labelsFirst = needsFoundValues(settings.labels, description);
  const draft: CaseSettings = {
    ...settings,
    spacing: spacingOf(settings, headers),
    targets: parseTargets(labelsFirst ? "foreground" : settings.labels, description, []),
    channels: channelsOf(settings, headers),
    foreground: null,
  };
  const isRead = labelsFirst || draft.normalize === "ct" || draft.channels === null ||
    (draft.crop === "nonzero" && draft.size === "pad");
  const atOnce = casesAtOnce(headers);
  const seen = isRead ? await readAll(sources, draft, atOnce) : null;
  const found = [...new Set(seen?.flatMap(({ values }) => values))].sort((a, b) => a - b);
  const extents = draft.crop === "nonzero" && seen !== null
    ? seen.flatMap((one) => one.extents)
    : headers.flatMap((header) => header.extents);
  return {
    settings: {
      ...draft,
      targets: labelsFirst ? parseTargets(settings.labels, description, found) : draft.targets,
      channels: draft.channels ?? mostCommon(seen!.map(({ channels }) => channels)) ?? 1,
      foreground: draft.normalize === "ct" ? foregroundOf(seen!) : null,
    },
    size: draft.size === "pad"
      ? commonSize(extents.map((extent) => scaledSize(extent, draft.spacing)))
      : draft.size,
    headers,
    atOnce,
  };
}

/** Fewer at once the larger the largest case is. */
function casesAtOnce(headers: readonly CaseHeader[]): number {
  const voxels = headers.map(({ extents, count, channels }) => {
    const [{ height, width }] = extents as [PlaneExtent];
    return height * width * count * (channels ?? 3);
  });
  const most = Math.floor(VOXELS_AT_ONCE / Math.max(1, largestOf(voxels)));
  return Math.min(CASES_AT_ONCE, Math.max(1, most));
}

function spacingOf(
  { spacing }: SliceSettings,
  headers: readonly CaseHeader[],
): CaseSettings["spacing"] {
  if (spacing !== "median") return spacing;
  const all = headers.flatMap(({ extents }) => extents.map((extent) => extent.spacing ?? []));
  const [rows, columns] = [0, 1].map((i) => quantile(all.map((pixel) => pixel[i] ?? NaN), 0.5));
  return rows! > 0 && columns! > 0 ? [rows!, columns!] : "stored";
}

/** The value that most cases have; null if only the files can tell. */
function channelsOf({ channel }: SliceSettings, headers: readonly CaseHeader[]): number | null {
  if (channel !== "all") return channel.length;
  const counts = headers.map(({ channels }) => channels);
  return counts.includes(null) ? null : mostCommon(counts);
}

/** The most frequent value; the largest if several are. */
function mostCommon(counts: readonly (number | null)[]): number | null {
  const groups = [...Map.groupBy(counts, (count) => count)];
  groups.sort(([a, one], [b, other]) => other.length - one.length || b! - a!);
  return groups[0]?.[0] ?? null;
}

interface Seen {
  readonly values: readonly number[];
  readonly extents: readonly PlaneExtent[];
  readonly channels: number;
  /** Values of the foreground, by channel. */
  readonly samples: readonly Float32Array[];
}

/** Reads all cases, in their order; unusable ones are reported later. */
async function readAll(
  sources: readonly CaseSource[],
  settings: CaseSettings,
  atOnce: number,
): Promise<Seen[]> {
  const seen = new Map<string, Seen>();
  await inPool(sources, atOnce, async (source) => {
    const { case: opened } = await openCase(source, settings, { labels: true, normalized: false });
    if (opened === null) return;
    seen.set(source.id, {
      values: opened.summary!.values,
      extents: opened.indices.map((index) => opened.extent(index)),
      channels: opened.channels,
      samples: settings.normalize === "ct" ? foregroundSamples(opened) : [],
    });
  });
  return sources.flatMap(({ id }) => seen.get(id) ?? []);
}

/** Values of the foreground, evenly spaced over the case. */
function foregroundSamples(opened: Case): Float32Array[] {
  const planes = opened.indices.map((index) => opened.label(index).data);
  const isForeground = (code: number) => code > 0 && code < 255;
  const count = planes.reduce((sum, codes) => sum + codes.filter(isForeground).length, 0);
  const step = Math.max(1, Math.ceil(count / FOREGROUND_SAMPLES));
  const samples: number[][] = Array.from({ length: opened.channels }, () => []);
  let seen = 0;
  for (const [i, index] of opened.indices.entries()) {
    const { data } = opened.slice(index);
    const codes = planes[i]!;
    for (let pixel = 0; pixel < codes.length; pixel++) {
      if (!isForeground(codes[pixel]!) || seen++ % step !== 0) continue;
      for (const [c, values] of samples.entries()) values.push(data[c * codes.length + pixel]!);
    }
  }
  return samples.map((values) => Float32Array.from(values));
}

function foregroundOf(seen: readonly Seen[]): ForegroundIntensities[] {
  const channels = seen[0]?.channels ?? 0;
  return Array.from({ length: channels }, (_, c) => {
    const all = Float32Array.from(seen.flatMap(({ samples }) => [...samples[c] ?? []]));
    if (all.length === 0) {
      throw new InputError("Cannot normalise as ct: no case has foreground", {
        code: "bad-data-set",
      });
    }
    const [low, high] = percentiles(all, [0.5, 99.5]);
    return { low: low!, high: high!, ...meanAndDeviation(all) };
  });
}

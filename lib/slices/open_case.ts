/**
 * Opening a case: where volumes and pictures part, and the only place.
 *
 * @module
 */

import { InputError } from "../support/errors.ts";
import type { Case } from "./case.ts";
import type { CaseSettings, CaseWants } from "./case_settings.ts";
import type { CaseSource, Finding } from "./discovery/case_source.ts";
import { openPictureCase } from "./picture_case.ts";
import { openVolumeCase } from "./volume_case.ts";

/** A case, and all that was found about its files. */
export interface OpenedCase {
  /** Null where there are errors among the findings. */
  readonly case: Case | null;
  readonly findings: readonly Finding[];
}

/**
 * Reads the files of a case once, checks and normalises them.
 *
 * A volume is held as 4 bytes a voxel and channel, and one byte a voxel with labels; slices are cut
 * out when they are asked for. While it is read, what its file holds is in memory too: one of
 * 512×512×500 voxels of 16 bits takes up to 0.8 GB, with labels 0.9 GB.
 *
 * @param source Its files.
 * @param settings How its data set is cut.
 * @param wants Whether labels are needed, and images normalised.
 * @returns The case, or everything that makes it useless at once.
 */
export async function openCase(
  source: CaseSource,
  settings: CaseSettings,
  wants: CaseWants,
): Promise<OpenedCase> {
  const findings: Finding[] = [];
  const open = source.kind === "volume" ? openVolumeCase : openPictureCase;
  const opened = await open(source, settings, wants, findings);
  const isSound = findings.every(({ severity }) => severity === "warning");
  return { case: isSound ? opened : null, findings };
}

/**
 * The case, where it must be sound.
 *
 * @throws {InputError} With everything that is wrong with it.
 */
export function requireCase(
  { case: opened, findings }: OpenedCase,
  { id, folder }: CaseSource,
): Case {
  if (opened !== null) return opened;
  const errors = findings.filter(({ severity }) => severity === "error");
  throw new InputError(`Cannot use ${id}: ${errors.map(({ message }) => message).join("; ")}`, {
    code: "bad-image",
    path: folder,
    hint: errors.find(({ hint }) => hint !== "")?.hint ?? "",
  });
}

/**
 * Opens a case: the only place that distinguishes volumes and pictures.
 *
 * @module
 */

import { InputError } from "../support/errors.ts";
import type { Case } from "./case.ts";
import type { CaseSettings, CaseWants } from "./case_settings.ts";
import type { CaseSource, Finding } from "./discovery/case_source.ts";
import { openPictureCase } from "./picture_case.ts";
import { openVolumeCase } from "./volume_case.ts";

/** A case, and all findings about its files. */
export interface OpenedCase {
  /** Null if there are errors among the findings. */
  readonly case: Case | null;
  readonly findings: readonly Finding[];
}

/**
 * Reads the files of a case once, checks and normalises them.
 *
 * A volume takes 4 bytes per voxel and channel, and one byte per voxel for labels; slices are cut
 * out on request. While it is read, the file's content is in memory too: 512×512×500 voxels of 16
 * bits take up to 0.8 GB, with labels 0.9 GB.
 *
 * @returns The case, or all problems that make it unusable.
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
 * The case, which must be sound.
 *
 * @throws {InputError} If it is not; the error lists all its problems.
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

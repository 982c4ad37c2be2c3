/**
 * The files of a case, before any is opened.
 *
 * @module
 */

/** The files of a volume, or of one picture of a series. */
export interface SourceFiles {
  /** The picture's index in its series, from its name; 0 for a volume. */
  readonly index: number;
  /** The image, relative to the case's folder with `/`: one file, or one per channel in order. */
  readonly images: readonly string[];
  /** The label, relative to the case's folder; null if there is none. */
  readonly label: string | null;
}

/** The files of a case, for `openCase`. */
export interface CaseSource {
  readonly id: string;
  readonly kind: "volume" | "pictures";
  /** The folder that its paths are relative to. */
  readonly folder: string;
  /** One for a volume; for pictures one per slice, by ascending index. All have labels, or none. */
  readonly files: readonly SourceFiles[];
}

/** The images and labels of a case. */
export function pathsOf({ files }: Pick<CaseSource, "files">): string[] {
  return files.flatMap(({ images, label }) => label === null ? images : [...images, label]);
}

/** A problem with a case, a file or a data set. */
export interface Finding {
  /** A case with an error cannot be used; one with a warning can. */
  readonly severity: "error" | "warning";
  /** The problem, in lower case, to follow the name of the case or file. */
  readonly message: string;
  /** What the user can do about it; empty if there is nothing helpful to say. */
  readonly hint: string;
}

/** A finding that makes a case unusable. */
export function asError(message: string, hint = ""): Finding {
  return { severity: "error", message, hint };
}

/** A finding that leaves a case usable. */
export function asWarning(message: string, hint = ""): Finding {
  return { severity: "warning", message, hint };
}

/** A {@linkcode Finding} with its case. */
export interface Problem extends Finding {
  /** The id of the case, the path of a file without a case, or "all cases". */
  readonly case: string;
}

/**
 * A case as it lies on disk: its files, before any is opened.
 *
 * @module
 */

/** The files of a volume, or of one picture of a series. */
export interface SourceFiles {
  /** The picture's place in its series, from its name; 0 of a volume. */
  readonly index: number;
  /** The image, relative to the case's folder with `/`: one file, or one a channel in their order. */
  readonly images: readonly string[];
  /** The label, relative to the case's folder; null where there is none. */
  readonly label: string | null;
}

/** Where a case is read from. `openCase` takes it. */
export interface CaseSource {
  readonly id: string;
  readonly kind: "volume" | "pictures";
  /** What its paths are relative to: the data folder, or the folder of images to predict. */
  readonly folder: string;
  /** Of a volume one; of pictures one a slice, by ascending index. Either all have labels or none. */
  readonly files: readonly SourceFiles[];
}

/** Something about a case, a file or a data set that its user should know. */
export interface Finding {
  /** With an error the case cannot be used, with a warning it can. */
  readonly severity: "error" | "warning";
  /** What it is, in lower case, after the name of the case or file. */
  readonly message: string;
  /** What the user can do about it, one sentence; empty where nothing helpful can be said. */
  readonly hint: string;
}

/** A {@linkcode Finding} with the case that it is about. */
export interface Problem extends Finding {
  /** The id of the case; of a file that belongs to none its path; "all cases" of the data set. */
  readonly case: string;
}

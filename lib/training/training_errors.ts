/**
 * What ends a training before its last epoch, with where the last good weights are.
 *
 * @module
 */

import type { SliceRecord } from "../slices/types.ts";
import { InputError } from "../support/errors.ts";

/** A checkpoint that is on disk. */
export interface SavedCheckpoint {
  /** The steps that are in it. */
  step: number;
  path: string;
}

/** The numbers went bad. */
export class Diverged extends InputError {
  constructor(
    what: string,
    step: number,
    last: SavedCheckpoint | null,
    slices: readonly Pick<SliceRecord, "case" | "index">[] = [],
  ) {
    const names = slices.map((slice) => `${slice.case} ${slice.index}`).join(", ");
    super(
      `Cannot go on training: ${what} at step ${step}` + (names === "" ? "" : ` (slices ${names})`),
      {
        code: "diverged",
        hint: "Lower the learning rate or set clipNorm to 1, in another run. " +
          (last === null
            ? ""
            : `The weights of step ${last.step} are safe in ${last.path}, and so are the best ones`),
      },
    );
  }
}

/** The disk did not take a checkpoint; the one before is as it was. */
export class SaveError extends InputError {
  constructor(
    { message, code, hint, cause }: InputError,
    { step, path }: SavedCheckpoint,
  ) {
    super(message, {
      code,
      hint: `${hint} with --resume. All up to step ${step} is safe in ${path}`,
      cause,
    });
  }
}

import type { SliceRecord } from "../slices/types.ts";
import { InputError } from "../support/errors.ts";

/** A checkpoint on disk. */
export interface SavedCheckpoint {
  /** Its number of steps. */
  step: number;
  path: string;
}

/** Training diverged. */
export class Diverged extends InputError {
  constructor(
    what: string,
    step: number,
    last: SavedCheckpoint | null,
    slices: readonly Pick<SliceRecord, "case" | "index">[] = [],
  ) {
    const names = slices.map((slice) => `${slice.case} ${slice.index}`).join(", ");
    super(
      `Cannot continue training: ${what} at step ${step}` +
        (names === "" ? "" : ` (slices ${names})`),
      {
        code: "diverged",
        hint: "Start another run with a lower learning rate or clipNorm 1. " +
          (last === null
            ? ""
            : `The weights of step ${last.step} are safe in ${last.path}, and so are the best ones`),
      },
    );
  }
}

/** A checkpoint could not be written; the previous one is unchanged. */
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

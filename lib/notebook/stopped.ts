/**
 * The end of a cell that was stopped.
 *
 * @module
 */

/** Thrown at the end of a cell that was stopped, so that Run All goes no further. */
export class Stopped extends Error {
  override readonly name = "Stopped";

  /** @param next What to do, such as "Run the next cell to go on." */
  constructor(next: string) {
    super(`nothing is lost. ${next}`);
  }
}

/**
 * The masks of a case: measured, corrected with a pen, and saved.
 *
 * @module
 */

import { codesOf, overlap, overlapScores } from "../evaluation/overlap.ts";
import { joinPlanes } from "../evaluation/score_case.ts";
import type { Case, Targets } from "../slices/case.ts";
import { countCodes } from "../slices/targets.ts";
import { MEMORY, memoryFiles } from "../support/memory_files.ts";
import { strokePixels } from "./brush.ts";
import type { Stroke } from "./situation.ts";

/** What masks hold. */
export interface MaskFacts {
  /** Voxels, or pixels, of each class. */
  readonly counts: readonly number[];
  /** The volume of a voxel; null if it is not known. */
  readonly voxelMillilitres: number | null;
  /** Of each class, NaN if it is undefined; null without a label. */
  readonly dice: readonly number[] | null;
}

/** A stroke of the pen in a slice. */
export interface Correction {
  readonly slice: number;
  readonly stroke: Stroke;
  /** What is drawn: 0 erases. */
  readonly code: number;
}

/** A file as it is to be saved. */
export interface SavedFile {
  readonly name: string;
  readonly bytes: Uint8Array<ArrayBuffer>;
}

const OUT = `${MEMORY}/out`;

/** The masks of a case, a plane a slice, in the slices' own size. */
export class CaseMasks {
  readonly #opened: Case;
  readonly #targets: Targets;
  readonly #planes: Uint8Array[];
  /** Planes as they were before each correction. */
  readonly #past: { slice: number; plane: Uint8Array }[] = [];

  constructor(opened: Case, targets: Targets, planes: readonly Uint8Array[]) {
    this.#opened = opened;
    this.#targets = targets;
    this.#planes = [...planes];
  }

  /** The codes of each slice. */
  get planes(): readonly Uint8Array[] {
    return this.#planes;
  }

  /**
   * Draws into a slice.
   *
   * @param isLonger Whether it is the stroke before, which has gone on.
   */
  correct({ slice, stroke, code }: Correction, isLonger: boolean): void {
    if (isLonger) this.undo();
    const plane = this.#planes[slice]!;
    this.#past.push({ slice, plane });
    const { height, width } = this.#opened.extent(this.#opened.indices[slice]!);
    const covered = strokePixels(stroke, height, width);
    this.#planes[slice] = plane.map((before, i) => covered[i] === 1 ? code : before);
  }

  /**
   * Takes the last correction back.
   *
   * @returns Whether there was one.
   */
  undo(): boolean {
    const last = this.#past.pop();
    if (last !== undefined) this.#planes[last.slice] = last.plane;
    return last !== undefined;
  }

  /** Counts and scores what they hold now. */
  measure(): MaskFacts {
    const { spacing, kind, labels, indices } = this.#opened;
    const whole = joinPlanes(this.#planes);
    const truth = labels && joinPlanes(indices.map((index) => this.#opened.label(index).data));
    return {
      counts: countCodes(whole, this.#targets),
      voxelMillilitres: kind === "volume" && spacing !== null
        ? spacing.reduce((a, b) => a * b) / 1000
        : null,
      dice: truth &&
        this.#targets.classes.map((_, c) =>
          overlapScores(overlap(whole, truth, codesOf(this.#targets, c))).Dice
        ),
    };
  }

  /** The files that `deno task predict` writes, with the corrections. */
  save(): Promise<SavedFile[]> {
    return this.#write(this.#planes);
  }

  /** The same files with codes instead of the values for which they stand. */
  saveCodes(): Promise<SavedFile[]> {
    return this.#write(this.#planes.map((plane) => Float32Array.from(plane)));
  }

  async #write(planes: readonly Uint8Array[] | readonly Float32Array[]): Promise<SavedFile[]> {
    const paths = await this.#opened.save(OUT, planes, { suffix: "" });
    return paths.map((path) => {
      const bytes = memoryFiles.get(path)!;
      memoryFiles.delete(path);
      return { name: path.slice(OUT.length + 1), bytes };
    });
  }
}

/**
 * Estimates the remaining time of work on images.
 *
 * @module
 */

import { join } from "@std/path";
import { memoryFiles } from "../support/memory_files.ts";
import type { CaseSource } from "../slices/discovery/case_source.ts";

/** Estimates the remaining time from the time so far, by the size of the images. */
export class WorkPace {
  readonly #bytes: ReadonlyMap<CaseSource, number>;
  #total: number;
  #done = 0;
  #seconds = 0;
  #started = 0;

  private constructor(bytes: ReadonlyMap<CaseSource, number>) {
    this.#bytes = bytes;
    this.#total = bytes.values().reduce((a, b) => a + b, 0);
  }

  /** Gets the sizes of the images; 0 for one that cannot be read. */
  static async of(sources: readonly CaseSource[]): Promise<WorkPace> {
    const bytes = new Map<CaseSource, number>();
    for (const source of sources) {
      let sum = 0;
      for (const path of source.files.flatMap(({ images }) => images)) {
        const file = join(source.folder, path);
        sum += memoryFiles.get(file)?.length ??
          await Deno.stat(file).then(({ size }) => size, () => 0);
      }
      bytes.set(source, sum);
    }
    return new WorkPace(bytes);
  }

  /** Work on an image starts. */
  start(): void {
    this.#started = performance.now();
  }

  /** The finished fraction of all work when part of an image is done. */
  within(source: CaseSource, part: number): { share: number; secondsLeft: number } {
    const done = this.#done + part * this.#bytes.get(source)!;
    const seconds = this.#seconds + (performance.now() - this.#started) / 1000;
    return {
      share: done / this.#total,
      secondsLeft: seconds / done * Math.max(0, this.#total - done),
    };
  }

  /** An image is done. */
  finish(source: CaseSource): void {
    this.#done += this.#bytes.get(source)!;
    this.#seconds += (performance.now() - this.#started) / 1000;
  }

  /** An image needed no work. */
  drop(source: CaseSource): void {
    this.#total -= this.#bytes.get(source)!;
  }
}

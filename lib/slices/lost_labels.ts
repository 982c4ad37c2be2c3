import { IGNORED, type LabelPlane, type Targets } from "./case.ts";
import { asWarning, type Finding } from "./discovery/case_source.ts";
import { toOriginalGrid } from "./geometry.ts";
import { countCodes } from "./targets.ts";
import type { SliceGeometry } from "./types.ts";

/** From this part of a class's slices on, its loss is reported: the tip of an object is no reason. */
const MANY = 0.1;

/** Counts what of a case's label is lost on the way to the model's grid. */
export class LostLabels {
  readonly #targets: Targets;
  readonly #slices: { there: number; gone: number }[];
  #pixels = 0;
  #outside = 0;
  #size: readonly [number, number] = [0, 0];

  constructor(targets: Targets) {
    this.#targets = targets;
    this.#slices = targets.classes.map(() => ({ there: 0, gone: 0 }));
  }

  /**
   * Adds a slice.
   *
   * @param label In its own size.
   * @param counts Pixels of each class on the model's grid.
   */
  add(label: LabelPlane, counts: readonly number[], geometry: SliceGeometry): void {
    this.#size = geometry.size;
    for (const [c, before] of countCodes(label.data, this.#targets).entries()) {
      if (before > 0) this.#slices[c]!.there++;
      if (before > 0 && counts[c] === 0) this.#slices[c]!.gone++;
    }
    const seen = seenPart(geometry);
    for (let i = 0; i < label.data.length; i++) {
      const code = label.data[i]!;
      if (code === 0 || code === IGNORED) continue;
      this.#pixels++;
      if (seen !== null && seen[i]! < 0.5) this.#outside++;
    }
  }

  /** What was lost. */
  findings(): Finding[] {
    const size = this.#size.join("×");
    const findings: Finding[] = [];
    if (this.#outside > 0) {
      findings.push(asWarning(
        `${share(this.#outside / this.#pixels)} of the label is outside of the ${size} pixels ` +
          "that are kept",
        "Choose a larger --size, or --fit resize",
      ));
    }
    for (const [c, { there, gone }] of this.#slices.entries()) {
      if (there === 0 || gone < MANY * there) continue;
      const { name } = this.#targets.classes[c]!;
      findings.push(asWarning(
        `nothing of ${name} is left in ${gone === there ? "all" : "some"} of its slices ` +
          `on a grid of ${size}`,
        "Choose a larger --size",
      ));
    }
    return findings;
  }
}

/** 1 for pixels that the model sees, 0 for others; null if it sees all. */
function seenPart(geometry: SliceGeometry): Float32Array | null {
  const { original, crop, offset, size: [height, width] } = geometry;
  const isWhole = crop.height === original[0] && crop.width === original[1] &&
    offset.every((n) => n >= 0);
  return isWhole ? null : toOriginalGrid(new Float32Array(height * width).fill(1), geometry, 0);
}

/** A part in words, so that cases can be listed together. */
function share(part: number): string {
  if (part < 0.01) return "less than 1 %";
  return part < 0.1 ? "1 to 10 %" : part <= 0.5 ? "10 to 50 %" : "more than half";
}

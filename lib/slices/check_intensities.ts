import { counted } from "../support/names_of.ts";
import { asError, asWarning, type Finding } from "./discovery/case_source.ts";
import type { IntensityRange } from "./normalize.ts";
import type { SliceSettings } from "./slice_settings.ts";

/** Some programs write the lowest float32, or about that, for a missing value. */
const LOWEST = -1e38;
/** Bins of a range; the values in one bin are a single grey level to a model. */
const LEVELS = 1000;

/**
 * Fills voxels without a value, in place: NaN, infinity and, if a fill is set, the lowest float32.
 *
 * @param findings Gets an error if there is no fill, or no finite value at all.
 */
export function fillMissing(
  data: Float32Array,
  fill: SliceSettings["fill"],
  findings: Finding[],
): void {
  const isMissing = (value: number) => value - value !== 0 || (fill !== "error" && value <= LOWEST);
  let missing = 0;
  let lowest = Infinity;
  for (let i = 0; i < data.length; i++) {
    if (isMissing(data[i]!)) missing++;
    else if (data[i]! < lowest) lowest = data[i]!;
  }
  if (missing === 0) return;
  if (missing === data.length) {
    findings.push(asError("image has no finite value"));
  } else if (fill === "error") {
    findings.push(asError(
      `image has ${counted(missing, "value")} that ${missing === 1 ? "is" : "are"} NaN or infinite`,
      "If they are background, replace them with --fill lowest or --fill zero",
    ));
  } else {
    const value = fill === "lowest" ? lowest : fill === "zero" ? 0 : fill;
    for (let i = 0; i < data.length; i++) if (isMissing(data[i]!)) data[i] = value;
  }
}

/**
 * Checks that values differ, also beside a few extremes.
 *
 * @param range The range that is scaled: the smallest and largest value, or the clipping limits.
 */
export function checkContrast(
  data: Float32Array,
  { low, high }: IntensityRange,
  findings: Finding[],
): void {
  if (low === high) {
    const isConstant = data.every((value) => value === low || value - value !== 0);
    findings.push(
      isConstant ? asError(`image is constant: every value is ${format(low)}`) : asError(
        `image is constant but for a few values: both percentiles are ${format(low)}`,
        "Keep the few values with --normalize minmax, or a wider --clip",
      ),
    );
    return;
  }
  const bins = new Uint32Array(LEVELS);
  let between = 0;
  for (let i = 0; i < data.length; i++) {
    if (!(data[i]! > low && data[i]! < high)) continue;
    between++;
    bins[Math.min(LEVELS - 1, Math.floor((data[i]! - low) / (high - low) * LEVELS))]!++;
  }
  if (Math.max(...bins) * 2 <= between || between * 2 < data.length * 0.02) return;
  findings.push(asWarning(
    `most values lie within a thousandth of the range ${format(low)} to ${format(high)}`,
    low <= LOWEST
      ? "Give the background another value with --fill lowest"
      : "Clip the few brightest or darkest voxels with --normalize percentile",
  ));
}

function format(value: number): string {
  return String(Number(value.toPrecision(4)));
}

import { quantile } from "../../lib/support/quantile.ts";

/** The middle value, or the mean of the two in the middle. */
export function median(values: readonly number[]): number {
  return quantile(values, 0.5);
}

/**
 * Two sides that ran in turn.
 *
 * @param ours What each of our turns took.
 * @param theirs The same of the other side; fewer if it failed on the way, none if it did not run.
 * @returns Their medians, the median of their ratios and the smallest and largest of these; null
 * for what did not run.
 */
export function compareTurns(ours: readonly number[], theirs: readonly number[]) {
  const ratios = theirs.map((seconds, i) => seconds / ours[i]!);
  const spread = [Math.min(...ratios), Math.max(...ratios)] as [number, number];
  const ran = theirs.length > 0;
  return {
    ours: median(ours),
    theirs: ran ? median(theirs) : null,
    ratio: ran ? median(ratios) : null,
    spread: ran ? spread : null,
  };
}

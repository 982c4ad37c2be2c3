import { basename, join, resolve } from "@std/path";

/** What is scored. */
export interface Scored {
  readonly split: string;
  readonly weights: string;
  /** The data folder; undefined: the run's. */
  readonly data?: string;
  readonly cases?: string;
}

/**
 * The folder for scores: only those of its own test patients, with its best weights, go into the run
 * itself. Different scores have different folders.
 */
export function evaluationFolder(run: string, { split, weights, data, cases }: Scored): string {
  const from = data === undefined ? [] : [basename(resolve(data))];
  if (cases === "all") {
    const others = weights === "best" ? [] : [weights];
    return join(run, ["evaluation", ...from.length === 0 ? ["all"] : from, ...others].join("-"));
  }
  if (split === "test" && weights === "best" && data === undefined) return run;
  return join(run, ["evaluation", split, weights, ...from].join("-"));
}

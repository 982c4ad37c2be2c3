/**
 * Opens a case for each model of an ensemble.
 *
 * @module
 */

import type { Case } from "../slices/case.ts";
import type { CaseWants } from "../slices/case_settings.ts";
import type { CaseSource, Finding } from "../slices/discovery/case_source.ts";
import { openCase } from "../slices/open_case.ts";
import { InputError } from "../support/errors.ts";
import type { ModelView, TrainedModel } from "./predict_case.ts";

/** A case, opened for each model. */
export interface OpenedViews {
  /** In the order of the models. */
  readonly views: readonly ModelView[];
  /** The first model's view, used for scoring and writing. */
  readonly opened: Case;
  /** Warnings about it. */
  readonly warnings: readonly string[];
}

/**
 * Opens a case, once for all models with equal settings.
 *
 * @param models One, or an ensemble of the same classes.
 * @param labels Whether labels are needed.
 * @throws {InputError} If it cannot be used.
 */
export async function openViews(
  models: readonly TrainedModel[],
  source: CaseSource,
  labels: CaseWants["labels"],
): Promise<OpenedViews> {
  const cases = new Map<string, Case>();
  const warnings = new Set<string>();
  const views: ModelView[] = [];
  for (const each of models) {
    // The model's grid does not affect how a case is opened
    const grid = { size: null, fit: null, spacing: null, smallest: null, trained: null };
    const key = JSON.stringify({ ...each.inputs, ...grid });
    let opened = cases.get(key);
    if (opened === undefined) {
      const found = await openCase(source, each.inputs, { labels, normalized: true });
      if (found.case === null) throw unusable(found.findings);
      opened = found.case;
      cases.set(key, opened);
      for (const { message } of found.findings) warnings.add(message);
    }
    views.push({ ...each, opened });
  }
  return { views, opened: cases.values().next().value!, warnings: [...warnings] };
}

/** All problems of a case; the messages name the files. */
function unusable(findings: readonly Finding[]): InputError {
  const errors = findings.filter(({ severity }) => severity === "error");
  return new InputError(errors.map(({ message }) => message).join("; "), {
    code: "bad-image",
    hint: errors.find(({ hint }) => hint !== "")?.hint ?? "",
  });
}

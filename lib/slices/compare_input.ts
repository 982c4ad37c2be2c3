import type { Case } from "./case.ts";
import type { Finding } from "./discovery/case_source.ts";
import type { ModelInputs } from "./model_inputs.ts";
/** Temporary: until branch slices has it. */
export function compareInput(_inputs: ModelInputs, _opened: Case): Finding[] {
  return [];
}

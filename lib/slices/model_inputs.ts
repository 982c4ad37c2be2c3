/** What a model was trained on. */
import type { CaseSettings } from "./case_settings.ts";

/** Temporary: until branch slices has it. */
export interface ModelInputs extends CaseSettings {
  readonly smallest: readonly [number, number];
  readonly trained: null;
}

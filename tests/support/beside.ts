import * as tf from "@tensorflow/tfjs";
import { OpsEngine } from "../../lib/rollout/ops/ops_engine.ts";
import { rolloutEngine, setRolloutEngine } from "../../lib/rollout/rollout.ts";
import type { RolloutEngine } from "../../lib/rollout/types.ts";

/** Runs with operations in tfjs, or on arrays as beside the wasm engine. */
export function beside<T extends tf.TensorContainer>(
  operations: RolloutEngine["operations"],
  run: () => T,
): T {
  const before = rolloutEngine();
  const ops = new OpsEngine();
  setRolloutEngine({
    ...{ name: "ops", description: "", operations, unreadSteps: 1, dispose() {} },
    rollout: (...given) => ops.rollout(...given),
  });
  try {
    return tf.tidy(run);
  } finally {
    setRolloutEngine(before);
  }
}

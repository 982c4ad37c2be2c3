import * as tf from "@tensorflow/tfjs";
import { OpsEngine } from "../../lib/rollout/ops/ops_engine.ts";
import { parityTests } from "./parity_suite.ts";

parityTests("ops", async () => {
  tf.enableProdMode();
  await tf.setBackend("cpu");
  return new OpsEngine();
});

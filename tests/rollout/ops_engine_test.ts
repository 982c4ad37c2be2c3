import * as tf from "@tensorflow/tfjs";
import { OpsEngine } from "../../lib/rollout/ops/ops_engine.ts";
import { batchTest, classParityTests, parityTests, trainingParityTests } from "./parity_suite.ts";

const open = async () => {
  tf.enableProdMode();
  await tf.setBackend("cpu");
  return new OpsEngine();
};

parityTests("ops", open);
batchTest("ops", open);
trainingParityTests("ops", open);
classParityTests("ops", open);

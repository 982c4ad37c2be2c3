import * as tf from "@tensorflow/tfjs";
import { WasmEngine } from "../../lib/rollout/wasm/wasm_engine.ts";
import { parityTests } from "./parity_suite.ts";

for (const relaxed of [true, false]) {
  for (const threads of [1, 2]) {
    const name = `wasm, ${threads} thread(s)${relaxed ? "" : ", plain SIMD"}`;
    parityTests(name, async () => {
      tf.enableProdMode();
      await tf.setBackend("cpu");
      return await WasmEngine.create({ threads, relaxed });
    });
  }
}

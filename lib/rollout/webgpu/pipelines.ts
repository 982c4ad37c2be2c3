import type { KernelShape } from "./layout.ts";
import { backwardDenseShader } from "./shaders/backward_dense.ts";
import { backwardFiredShader } from "./shaders/backward_fired.ts";
import { backwardPerceptionShader } from "./shaders/backward_perception.ts";
import { backwardStatisticsShader } from "./shaders/backward_statistics.ts";
import { foldShader } from "./shaders/fold.ts";
import { REDUCE_SHADER } from "./shaders/reduce.ts";
import { statisticsShader } from "./shaders/statistics.ts";
import { updateShader } from "./shaders/update.ts";

const SHADERS = {
  statistics: statisticsShader,
  reduce: () => REDUCE_SHADER,
  fold: foldShader,
  update: updateShader,
  backwardFired: backwardFiredShader,
  backwardStatistics: backwardStatisticsShader,
  backwardDense: backwardDenseShader,
  backwardPerception: backwardPerceptionShader,
} satisfies Record<string, (shape: KernelShape) => string>;

/** One phase of a rollout. */
export type Phase = keyof typeof SHADERS;

/** One compiled shader per phase. */
export type Pipelines = Record<Phase, GPUComputePipeline>;

/** Compiles the shaders of a shape. The device keeps working meanwhile. */
export function compilePipelines(device: GPUDevice, shape: KernelShape): Pipelines {
  const compiled = Object.entries(SHADERS).map(([name, shader]) => {
    const module = device.createShaderModule({ label: name, code: shader(shape) });
    const pipeline = device.createComputePipeline({
      label: name,
      layout: "auto",
      compute: { module, entryPoint: "main" },
    });
    return [name, pipeline];
  });
  return Object.fromEntries(compiled);
}

import { WebGpuEngine } from "../../lib/rollout/webgpu/webgpu_engine.ts";
import { parityTests } from "./parity_suite.ts";

parityTests("webgpu", () => WebGpuEngine.create());

/**
 * Information for problem reports.
 *
 * @module
 */

import { hasRelaxedSimd, hasSharedMemory } from "../rollout/wasm/build.ts";
import type { BrowserEngine } from "./backend_name.ts";
import { element, onClick } from "./elements.ts";
import type { ModelFacts } from "./facts.ts";

/** Shows the page's backend. */
export function showDiagnostics(
  { name, description, notes }: BrowserEngine,
  { parameters, channels, steps, fireRate }: ModelFacts,
): void {
  const lines = [
    `backend: ${name} (${description})`,
    ...notes.map((note) => `  ${note}`),
    `isolated: ${crossOriginIsolated}; shared memory: ${hasSharedMemory()}; ` +
    `relaxed SIMD: ${hasRelaxedSimd()}`,
    `WebGPU: ${"gpu" in navigator}; cores: ${navigator.hardwareConcurrency}`,
    `model: ${parameters} parameters, ${channels} channels, ${steps.join(" + ")} steps, ` +
    `fire rate ${fireRate}`,
    `browser: ${navigator.userAgent}`,
    `screen: ${innerWidth}×${innerHeight}, ${devicePixelRatio} pixels a point`,
  ];
  element("diagnostics", HTMLElement).textContent = lines.join("\n");
}

onClick("copy", () => {
  navigator.clipboard.writeText(element("diagnostics", HTMLElement).textContent);
});

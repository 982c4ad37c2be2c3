/**
 * Chapter 1 of the tutorial: the neural cellular automaton and the two-stage Med-NCA.
 *
 * @module
 */

export * from "./cell_seeds.ts";
export * from "./erase_cells.ts";
export * from "./initialization.ts";
export * from "./med_nca.ts";
export * from "./med_nca_config.ts";
export * from "./nca2d.ts";
export * from "./resample.ts";
export * from "./safetensors.ts";
export * from "./stages.ts";
export * from "./weights.ts";

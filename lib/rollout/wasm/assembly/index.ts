export { backward } from "./backward";
export { forward } from "./forward";

// What has one caller would be inlined into it, all of a rollout into one function that is called
// once, and so never compiled by V8's optimising tier: five times slower. An export is kept apart.
export { denseChunk } from "./backward_dense";
export { firedChunk } from "./backward_fired";
export { perceptionChunk } from "./backward_perception";
export { finishGroup, startGroup } from "./backward_statistics";
export { listFiring, packListed } from "./cells";
export { convolveChunk } from "./perceive";
export * from "./products";
export { convolveTile, correlate1, correlate3, correlate7, sumLongRows, sumRows } from "./stencils";
export { finishStatistics, guessMean, sumChunk } from "./statistics";
export { updateChunk } from "./update";

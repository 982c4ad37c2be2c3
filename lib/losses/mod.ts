/**
 * Chapter 3 of the tutorial: what the automaton is trained to make small, and how it is scored.
 *
 * @module
 */

export * from "./bce_loss.ts";
export * from "./dice_loss.ts";
export * from "./dice_score.ts";
export * from "./segmentation_loss.ts";

/**
 * Chapter 3 of the tutorial: losses and the Dice score.
 *
 * @module
 */

export * from "./bce_loss.ts";
export * from "./dice_loss.ts";
export * from "./dice_score.ts";
export * from "./segmentation_loss.ts";

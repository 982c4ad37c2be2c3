/**
 * The right answers to the exercises, out of the students' sight.
 *
 * @module
 */

/** A right answer. */
export interface RightAnswer {
  value: number | string | boolean;
  /** Below a wrong answer. */
  hint: string;
  /** The largest difference of a number. Default: 0. */
  tolerance?: number;
}

/** By the number of the exercise; on data.example. Tests run the solutions against them. */
export const ANSWERS: Readonly<Record<string, RightAnswer>> = {
  "0.1": { value: 0, hint: "Count the voxels above 0 of the label in each of the seven slices." },
  "0.2": { value: false, hint: "Count the pixels whose answer is the same in both runs." },
  "1.1": {
    value: 7135,
    hint: "Perception c·k² + c, fc1 2c·h + h, batch norm 2h, fc2 h·(c−1) + (c−1).",
  },
  "1.2": {
    value: true,
    hint: "A mask of ones lets every cell fire: 20 changes instead of about 10.",
  },
  "1.3": { value: true, hint: "With the perception at 0, what is left of the 32 inputs?" },
  "2.1": {
    value: 0.5,
    tolerance: 0.02,
    hint: "The hot voxel becomes 1; what becomes of the brightest tissue?",
  },
  "2.2": { value: 3, hint: "Twelve patients, four folds, and each patient is tested once." },
  "2.3": {
    value: 0.97,
    tolerance: 0.005,
    hint: "All pixels that are not gland, divided by all pixels.",
  },
  "3.1": { value: "BCE", hint: "Compare the weighted curve with the two pure ones, step by step." },
  "3.2": { value: 7, hint: "Count up the shift until the Dice score falls below 0.7." },
  "3.3": { value: 0, hint: "Both sums are 0: the fraction is 0 / s." },
  "4.1": { value: "checkpoint.safetensors", hint: "Look at the table of the run's files." },
  "4.2": {
    value: 0.3,
    hint: "Compare the first and the last Dice loss of `byHeart(newModel(1), rate)`.",
  },
  "5.1": { value: true, hint: "Score the two lists of masks with `dice`." },
  "5.2": { value: true, hint: "Compare `overlap` at the end of the two runs." },
  "5.3": { value: false, hint: "Compare `overlap` after 20 fine steps and after 120." },
  "6.1": { value: 10, hint: "How far is the corner from the middle, diagonal steps included?" },
  "6.2": { value: 2.8, tolerance: 0.05, hint: "`nca.parameterCount`, and 20 × 20 × 3 values." },
  "7.1": { value: 1, hint: "The first line of what the check prints." },
  "7.2": { value: 4, hint: "Each of the other folds has it among its other patients." },
};

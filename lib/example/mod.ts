/**
 * The example data set: synthetic prostate MR in the layout of the Medical Segmentation Decathlon,
 * so that everything runs right after cloning.
 *
 * @module
 */

export { exampleCase } from "./example_case.ts";
export type { ExampleCase, ExampleCaseOptions } from "./example_case.ts";
export { EXAMPLE_SEED, makeExample, type MakeExampleOptions } from "./make_example.ts";

/** What every engine must agree with PyTorch about. */

import * as tf from "@tensorflow/tfjs";
import assert from "node:assert/strict";
import { bceLoss } from "../../lib/losses/bce_loss.ts";
import { diceLoss } from "../../lib/losses/dice_loss.ts";
import { segmentationLoss } from "../../lib/losses/segmentation_loss.ts";
import { MedNca } from "../../lib/nca/med_nca.ts";
import { Adam } from "../../lib/training/adam.ts";
import { downsampleImages } from "../../lib/nca/stages.ts";
import { setRolloutEngine } from "../../lib/rollout/rollout.ts";
import type { ModelShape, RolloutEngine } from "../../lib/rollout/types.ts";
import {
  classMeta,
  fixture,
  fixtureWeights,
  imageFixture,
  largestDifference,
  meta,
  relativeError,
} from "../fixtures/parity.ts";

const CASES = ["fire1", "masked"] as const;

/** The shape of the model in these cases. */
const TUTORIAL: ModelShape = { channels: 16, hidden: 64 };

/**
 * Registers the parity tests of one engine.
 *
 * @param open Sets tfjs up and makes the engine.
 * @param options.floor A relative error that PyTorch's own counts as at the least: on one parameter
 *   it is by luck below a float32 rounding, which an engine that adds in another order may miss.
 * @param options.ignore Skips them, by name: the engine cannot run here.
 */
export function parityTests(
  name: string,
  open: (shape: ModelShape) => Promise<RolloutEngine>,
  { floor = 0, ignore = false }: { floor?: number; ignore?: boolean } = {},
): void {
  for (const example of CASES) {
    Deno.test(
      `${name}: states, logits and losses of ${example} equal PyTorch's`,
      { ignore },
      async () => {
        await withEngine(() => open(TUTORIAL), async () => {
          const { model, images, labels, options } = setUp(example);
          const shape = meta[`${example}/shape`]!;

          let state = model.model1.seedState(downsampleImages(images));
          const cells = shape.B * shape.H * shape.W / 16;
          for (let step = 0; step < shape.coarse_steps; step++) {
            const masks = options.masks?.[0].slice(step * cells, (step + 1) * cells);
            state = model.model1.forward(state, {
              steps: 1,
              fireRate: 1,
              seeds: options.seeds,
              stats: "batch",
              ...(masks && { masks }),
            });
            const expected = await imageFixture(`${example}/coarse_states`, step + 1).data();
            assert(relativeError(await state.data(), expected) < 1e-5, `coarse step ${step}`);
          }

          const frames = model.trace(images, { ...options, every: 100 });
          const last = await imageFixture(`${example}/fine_states/last`).data();
          assert(relativeError(await frames.at(-1)!.state.data(), last) < 1e-5, "fine state");

          const logits = model.forward(images, options);
          const expected = fixture(`${example}/pred`).data;
          assert(relativeError(await logits.data(), expected) < 1e-5, "logits");
          const [dice, bce] = fixture(`${example}/scalars_f64`).data;
          assertClose((await diceLoss(logits, labels).data())[0]!, dice!, 1e-5);
          assertClose((await bceLoss(logits, labels).data())[0]!, bce!, 1e-5);
        });
      },
    );

    Deno.test(
      `${name}: gradients of ${example} are as near to float64 as PyTorch's`,
      { ignore },
      async () => {
        await withEngine(() => open(TUTORIAL), async () => {
          const { model, images, labels, options } = setUp(example);
          const { grads } = tf.variableGrads(() => {
            const logits = model.forward(images, options);
            return diceLoss(logits, labels).add(bceLoss(logits, labels));
          }, model.variables);
          const errors = meta[`${example}/f32_error`]!;
          for (const [stage, nca] of [model.model1, model.model2].entries()) {
            for (const [parameter, variable] of nca.variables) {
              const full = `model${stage + 1}.${parameter}`;
              const actual = await grads[variable.name]!.data();
              const expected = fixture(`${example}/grad_f64/${full}`).data;
              const { rel_l2, max_abs_g64, max_abs_err } = errors[full]!;
              if (max_abs_g64 < 1e-12) {
                const difference = largestDifference(actual, expected);
                assert(difference <= 3 * max_abs_err, `${full}: ${difference}`);
              } else {
                const error = relativeError(actual, expected);
                assert(
                  error <= 3 * Math.max(rel_l2, floor),
                  `${full}: ${error}, PyTorch ${rel_l2}`,
                );
              }
            }
          }
        });
      },
    );
  }
}

/** Registers the tests of three training steps of one engine. */
export function trainingParityTests(
  name: string,
  open: (shape: ModelShape) => Promise<RolloutEngine>,
): void {
  for (const example of CASES) {
    Deno.test(`${name}: three Adam steps on ${example} give PyTorch's weights`, async () => {
      await withEngine(() => open(TUTORIAL), async () => {
        const { model, images, labels, options } = setUp(example);
        const adam = new Adam(model.variables, { betas: [0.9, 0.999], eps: 1e-8 });
        // Rows of Dice loss, BCE, sum.
        const expected = fixture(`${example}/adam_losses_f64`).data;
        for (let step = 0; step < 3; step++) {
          const loss = tf.tidy(() => {
            const { value, grads } = tf.variableGrads(() => {
              const logits = model.forward(images, options);
              return diceLoss(logits, labels).add(bceLoss(logits, labels));
            }, model.variables);
            adam.apply(model.variables.map(({ name }) => grads[name]!), 1e-4);
            return value;
          });
          assertClose((await loss.data())[0]!, expected[3 * step + 2]!, 1e-5);
        }
        for (const [stage, nca] of [model.model1, model.model2].entries()) {
          const after = fixtureWeights(stage + 1 as 1 | 2, `${example}/adam3_f32`);
          for (const [parameter, variable] of nca.variables) {
            // Batch norm cancels these: PyTorch moves them by the signs of rounding errors.
            if (/^(perception|fc1).bias$/.test(parameter)) continue;
            const difference = largestDifference(await variable.data(), after.get(parameter)!);
            assert(difference < 1e-6, `model${stage + 1}.${parameter}: ${difference}`);
          }
        }
      });
    });
  }
}

/**
 * Registers the parity tests of one engine on several image channels, classes, regions and ignored
 * pixels, and on shapes that kernels get wrong easily.
 *
 * @param open Makes the engine for a model.
 */
export function classParityTests(
  name: string,
  open: (shape: ModelShape) => Promise<RolloutEngine>,
  { floor = 0, ignore = false }: { floor?: number; ignore?: boolean } = {},
): void {
  for (const [example, { channels, hidden, f32_error: errors }] of Object.entries(classMeta)) {
    Deno.test(`${name}: logits, losses and gradients of ${example} equal PyTorch's`, {
      ignore,
    }, async () => {
      await withEngine(() => open({ channels, hidden }), async () => {
        const { model, images, labels, options, loss } = setUpClasses(example);
        const logits = model.forward(images, options);
        const expected = imageFixture(`${example}/logits`);
        assert.deepEqual(logits.shape, expected.shape);
        const error = relativeError(await logits.data(), await expected.data());
        assert(error < 1e-5, `logits: ${error}`);
        const [dice, entropy] = fixture(`${example}/losses_f64`).data;
        const parts = segmentationLoss(logits, labels, loss);
        assertClose((await parts.dice.data())[0]!, dice!, 1e-5);
        assertClose((await parts.bce.data())[0]!, entropy!, 1e-5);
        assertClose((await parts.loss.data())[0]!, dice! + entropy!, 1e-5);
        const byClass = await parts.classes.data<"float32">();
        assert.equal(byClass.length, logits.shape[3]);
        assertClose(byClass.reduce((a, b) => a + b) / byClass.length, dice!, 1e-5);

        const { grads } = tf.variableGrads(
          () => segmentationLoss(model.forward(images, options), labels, loss).loss,
          model.variables,
        );
        for (const [full, variable] of parametersOf(model)) {
          const actual = await grads[variable.name]!.data();
          const gradient = fixture(`${example}/grad_f64/${full}`).data;
          const own = errors[full] ?? null;
          if (own === null) {
            assert(largestDifference(actual, gradient) < 1e-6, `${full} is not zero`);
          } else {
            const error = relativeError(actual, gradient);
            assert(error <= 3 * Math.max(own, floor), `${full}: ${error}, PyTorch ${own}`);
          }
        }
      });
    });
  }
}

/** Registers three training steps of one engine on the same cases. */
export function classTrainingParityTests(
  name: string,
  open: (shape: ModelShape) => Promise<RolloutEngine>,
): void {
  for (const [example, { channels, hidden }] of Object.entries(classMeta)) {
    Deno.test(`${name}: three Adam steps on ${example} give PyTorch's weights`, async () => {
      await withEngine(() => open({ channels, hidden }), async () => {
        const { model, images, labels, options, loss } = setUpClasses(example);
        const adam = new Adam(model.variables, { betas: [0.9, 0.999], eps: 1e-8 });
        for (let step = 0; step < 3; step++) {
          tf.tidy(() => {
            const { grads } = tf.variableGrads(
              () => segmentationLoss(model.forward(images, options), labels, loss).loss,
              model.variables,
            );
            adam.apply(model.variables.map(({ name }) => grads[name]!), 1e-3);
          });
        }
        for (const [full, variable] of parametersOf(model)) {
          // Batch norm cancels these: PyTorch moves them by the signs of rounding errors.
          if (/(perception|fc1).bias$/.test(full)) continue;
          const after = fixture(`${example}/adam3_f64/${full}`).data;
          const difference = largestDifference(await variable.data(), after);
          assert(difference < 1e-5, `${full}: ${difference}`);
        }
      });
    });
  }
}

function* parametersOf(model: MedNca): Generator<[name: string, variable: tf.Variable]> {
  for (const [stage, nca] of [model.model1, model.model2].entries()) {
    for (const [name, variable] of nca.variables) yield [`model${stage + 1}.${name}`, variable];
  }
}

/** The model, input, options and loss of one case of several classes and channels. */
function setUpClasses(example: string) {
  const shape = classMeta[example]!;
  const { channels, hidden, image_channels: imageChannels, classes, kernels, steps } = shape;
  const model = new MedNca(
    {
      ...{ channels, hidden, imageChannels, classes, kernels, steps },
      ...{ fireRate: shape.fire_rate, stats: shape.stats },
    },
    {
      values: [fixtureWeights(1, `${example}/weights`), fixtureWeights(2, `${example}/weights`)],
    },
  );
  const { shape: [batch, height, width], data } = fixture(`${example}/label`);
  const planes = Float32Array.from({ length: data.length * classes }, (_, i) => {
    const [label, c] = [data[Math.floor(i / classes)]!, i % classes];
    return Number(shape.form === "regions" ? label >= c + 1 : label === c + 1);
  });
  const masks = (stage: 1 | 2) => Uint8Array.from(fixture(`${example}/masks${stage}`).data);
  return {
    model,
    images: imageFixture(`${example}/img`),
    labels: tf.tensor4d(planes, [batch!, height!, width!, classes]),
    options: {
      seeds: Array.from({ length: batch! }, (_, i) => i),
      masks: [masks(1), masks(2)] as const,
    },
    loss: {
      kind: shape.form === "regions" ? "regions" as const : "classes" as const,
      keep: shape.ignore ? imageFixture(`${example}/keep`) : null,
    },
  };
}

/** Registers the test that a slice's logits are the same, to the bit, in any batch. */
export function batchTest(
  name: string,
  open: (shape: ModelShape) => Promise<RolloutEngine>,
  { ignore = false }: { ignore?: boolean } = {},
): void {
  Deno.test(
    `${name}: a slice's logits do not depend on its batch`,
    { ignore },
    () =>
      withEngine(() => open(TUTORIAL), async () => {
        const [height, width] = [36, 40];
        const values = [fixtureWeights(1), fixtureWeights(2)] as const;
        const model = new MedNca({ steps: [4, 3] }, { values });
        const images = tf.randomUniform<tf.Rank.R4>([4, height, width, 1], 0, 1, "float32", 3);
        const seeds = [8, 3, 5, 0];
        const logits = (first: number, count: number) =>
          model.forward(images.slice([first, 0, 0, 0], [count, -1, -1, -1]), {
            ...{ seeds: seeds.slice(first, first + count), stats: "slice" },
          }).data();
        const together = await logits(0, 4);
        const cells = height * width;
        for (const [first, count] of [[0, 1], [1, 3]] as const) {
          const own = together.slice(first * cells, (first + count) * cells);
          assert.deepEqual(await logits(first, count), own, `${first}, ${count}`);
        }
      }),
  );
}

/** The model, input and options of one fixture. */
export function setUp(example: typeof CASES[number]) {
  const { coarse_steps, fine_steps, fire_rate, B } = meta[`${example}/shape`]!;
  const model = new MedNca(
    { steps: [coarse_steps, fine_steps], fireRate: fire_rate, stats: "batch" },
    { values: [fixtureWeights(1), fixtureWeights(2)] },
  );
  const seeds = Array.from({ length: B }, (_, i) => i);
  const masks = (stage: 1 | 2) => Uint8Array.from(fixture(`${example}/masks${stage}`).data);
  return {
    model,
    images: imageFixture(`${example}/img`),
    labels: imageFixture(`${example}/lbl`),
    options: example === "masked"
      ? { seeds, masks: [masks(1), masks(2)] as [Uint8Array, Uint8Array] }
      : { seeds },
  };
}

async function withEngine(
  open: () => Promise<RolloutEngine>,
  run: () => Promise<void>,
): Promise<void> {
  const engine = await open();
  setRolloutEngine(engine);
  tf.engine().startScope();
  try {
    await run();
  } finally {
    tf.engine().endScope();
    tf.disposeVariables();
    engine.dispose();
  }
}

function assertClose(actual: number, expected: number, relative: number): void {
  assert(
    Math.abs(actual - expected) <= relative * Math.abs(expected),
    `${actual} is not ${expected}`,
  );
}

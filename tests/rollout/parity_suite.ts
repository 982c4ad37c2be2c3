/** What every engine must agree with PyTorch about. */

import * as tf from "@tensorflow/tfjs";
import assert from "node:assert/strict";
import { bceLoss } from "../../lib/losses/bce_loss.ts";
import { diceLoss } from "../../lib/losses/dice_loss.ts";
import { MedNca } from "../../lib/nca/med_nca.ts";
import { Adam } from "../../lib/training/adam.ts";
import { downsampleImages } from "../../lib/nca/stages.ts";
import { setRolloutEngine } from "../../lib/rollout/rollout.ts";
import type { RolloutEngine } from "../../lib/rollout/types.ts";
import {
  fixture,
  fixtureWeights,
  imageFixture,
  largestDifference,
  meta,
  relativeError,
} from "../fixtures/parity.ts";

const CASES = ["fire1", "masked"] as const;

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
  open: () => Promise<RolloutEngine>,
  { floor = 0, ignore = false }: { floor?: number; ignore?: boolean } = {},
): void {
  for (const example of CASES) {
    Deno.test(
      `${name}: states, logits and losses of ${example} equal PyTorch's`,
      { ignore },
      async () => {
        await withEngine(open, async () => {
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
        await withEngine(open, async () => {
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
export function trainingParityTests(name: string, open: () => Promise<RolloutEngine>): void {
  for (const example of CASES) {
    Deno.test(`${name}: three Adam steps on ${example} give PyTorch's weights`, async () => {
      await withEngine(open, async () => {
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

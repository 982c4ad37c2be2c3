/**
 * Med-NCA: a coarse automaton that sees the whole image at a quarter of its size, then a fine one
 * that goes on from there at full size.
 *
 * @module
 */

import * as tf from "@tensorflow/tfjs";
import type { RolloutOptions, Stats } from "../rollout/types.ts";
import { hash32 } from "../support/random.ts";
import { NCA2D } from "./nca2d.ts";
import { COARSE_SCALE, downsampleImages, readLogits, upsampleState } from "./stages.ts";

/** All that must be known beside the weights to run a Med-NCA. */
export interface MedNcaConfig {
  /** Channels of a cell's state; 0 is the image, 1 the logit. */
  channels: number;
  /** Hidden units of the update network. */
  hidden: number;
  /** Perception kernel of the coarse and of the fine automaton. */
  kernels: readonly [coarse: number, fine: number];
  /** Steps of the coarse and of the fine automaton. */
  steps: readonly [coarse: number, fine: number];
  /** The probability that a cell fires in a step. */
  fireRate: number;
  /** Statistics of batch norm in training: of each slice, or of the whole batch. */
  stats: Stats;
}

/** The published tutorial's Med-NCA, 7,390 parameters. */
export const DEFAULT_MED_NCA_CONFIG: Readonly<MedNcaConfig> = {
  channels: 16,
  hidden: 64,
  kernels: [7, 3],
  steps: [40, 20],
  fireRate: 0.5,
  // With a batch of one, the tutorial's, both are the same; with larger ones this keeps training
  // and prediction alike.
  stats: "slice",
};

/** How a Med-NCA is run on a batch. */
export interface ForwardOptions {
  /** One seed for each slice, integers below 2³²: they decide which cells fire. */
  seeds: readonly number[];
  /** Over which cells batch norm takes its statistics. Default: as configured for training. */
  stats?: Stats;
  /** Masks [steps, B, h, w] of both stages in place of hashed ones, to compare implementations. */
  masks?: readonly [coarse: Uint8Array, fine: Uint8Array];
  /** Steps of both automata in place of the configured ones. */
  steps?: readonly [coarse: number, fine: number];
  /** Something done to the state on the way. */
  intervention?: Intervention;
}

/** A change of the state in the middle of a rollout, to see what the automaton makes of it. */
export interface Intervention {
  /** In which stage. */
  stage: "coarse" | "fine";
  /** After how many of its steps. */
  step: number;
  /** The changed state, of the same shape [B, h, w, c]. */
  change: (state: tf.Tensor4D) => tf.Tensor4D;
}

/** A state on the way through a rollout. */
export interface TraceFrame {
  /** Which automaton is at work. */
  stage: "coarse" | "fine";
  /** How many steps of this stage are done. */
  step: number;
  /** [B, h, w, c]; h and w are a quarter of the image's in the coarse stage. */
  state: tf.Tensor4D;
}

/**
 * The two-stage Med-NCA.
 *
 * Source: the Med-NCA tutorial; Kalkhof et al., "Med-NCA", IPMI 2023.
 *
 * @example
 * ```ts
 * import * as tf from "@tensorflow/tfjs";
 * import { MedNca } from "./med_nca.ts";
 * import assert from "node:assert/strict";
 *
 * await tf.setBackend("cpu");
 * const model = new MedNca({ steps: [2, 1] }, { seed: 1 });
 * assert.equal(model.parameterCount, 7390);
 * const logits = model.forward(tf.ones([1, 16, 16, 1]), { seeds: [0] });
 * assert.deepEqual(logits.shape, [1, 16, 16, 1]);
 * ```
 */
export class MedNca {
  readonly config: Readonly<MedNcaConfig>;
  /** The coarse automaton. */
  readonly model1: NCA2D;
  /** The fine automaton. */
  readonly model2: NCA2D;

  /**
   * @param config What differs from the tutorial's configuration.
   * @param options.seed Seeds the initial values. Default 0.
   * @param options.values Initial values of both automata by name in place of drawn ones.
   */
  constructor(
    config: Partial<MedNcaConfig> = {},
    options: {
      seed?: number;
      values?: readonly [ReadonlyMap<string, Float32Array>, ReadonlyMap<string, Float32Array>];
    } = {},
  ) {
    this.config = { ...DEFAULT_MED_NCA_CONFIG, ...config };
    const { channels, hidden, kernels } = this.config;
    const [model1, model2] = kernels.map((kernel, stage) =>
      new NCA2D({ channels, hidden, kernel }, {
        seed: [options.seed ?? 0, stage],
        ...(options.values && { values: options.values[stage]! }),
      })
    );
    this.model1 = model1!;
    this.model2 = model2!;
  }

  /** The trainable parameters, coarse then fine, each in `state_dict` order. */
  get variables(): tf.Variable[] {
    return [...this.model1.variables.values(), ...this.model2.variables.values()];
  }

  /** How many numbers are learnt. */
  get parameterCount(): number {
    return this.model1.parameterCount + this.model2.parameterCount;
  }

  /**
   * Segments a batch of slices. Differentiable by the parameters.
   *
   * @param images [B, H, W, 1], normalised; H and W multiples of 4.
   * @returns Logits, [B, H, W, 1].
   * @throws {TypeError} Where height or width is not a multiple of 4.
   * @throws {RangeError} Where an intervention is not at a step of its stage.
   */
  forward(images: tf.Tensor4D, options: ForwardOptions): tf.Tensor4D {
    checkImages(images);
    return tf.tidy(() => {
      const small = this.model1.seedState(downsampleImages(images));
      const settled = this.#settle("coarse", small, options);
      return readLogits(this.#settle("fine", upsampleState(settled, images), options));
    });
  }

  /**
   * The states on the way, for pictures: before the first step of each stage, then after every
   * `every` steps, after an intervention and after the last. The caller disposes them.
   *
   * @param images [B, H, W, 1].
   */
  trace(images: tf.Tensor4D, options: ForwardOptions & { every?: number }): TraceFrame[] {
    checkImages(images);
    const frames: TraceFrame[] = [];
    const { every = 1, intervention } = options;
    for (const [at, rollout] of this.#stageOptions(options).entries()) {
      const [nca, stage] = at === 0
        ? [this.model1, "coarse"] as const
        : [this.model2, "fine"] as const;
      const change = intervention?.stage === stage ? intervention.step : undefined;
      const push = (step: number, run: () => tf.Tensor4D) => {
        const state = tf.tidy(() => step === change ? intervention!.change(run()) : run());
        frames.push({ stage, step, state });
      };
      const before = frames.at(-1)?.state;
      push(
        0,
        () =>
          before === undefined
            ? nca.seedState(downsampleImages(images))
            : upsampleState(before, images),
      );
      for (let done = 0; done < rollout.steps;) {
        const stops = [done + every, rollout.steps, ...(change! > done ? [change!] : [])];
        const [state, firstStep, next] = [frames.at(-1)!.state, done, Math.min(...stops)];
        push(next, () => nca.forward(state, { ...rollout, steps: next - firstStep, firstStep }));
        done = next;
      }
    }
    return frames;
  }

  /** Frees the parameters. */
  dispose(): void {
    this.model1.dispose();
    this.model2.dispose();
  }

  /** Runs one stage, in two parts where there is an intervention: the same as in one otherwise. */
  #settle(stage: "coarse" | "fine", state: tf.Tensor4D, options: ForwardOptions): tf.Tensor4D {
    const [nca, at] = stage === "coarse" ? [this.model1, 0] : [this.model2, 1];
    const rollout = this.#stageOptions(options)[at]!;
    const { intervention } = options;
    if (intervention?.stage !== stage) return nca.forward(state, rollout);
    const { step, change } = intervention;
    const changed = change(nca.forward(state, { ...rollout, steps: step }));
    return nca.forward(changed, { ...rollout, steps: rollout.steps - step, firstStep: step });
  }

  #stageOptions(options: ForwardOptions): RolloutOptions[] {
    const { seeds, stats, masks, steps = this.config.steps } = options;
    const { fireRate } = this.config;
    checkIntervention(options.intervention, steps);
    return steps.map((steps, stage) => ({
      steps,
      fireRate,
      stats: stats ?? this.config.stats,
      // Each stage draws its own masks.
      seeds: seeds.map((seed) => hash32(seed, stage)),
      ...(masks && { masks: masks[stage]! }),
    }));
  }
}

function checkIntervention(
  intervention: Intervention | undefined,
  [coarse, fine]: readonly [number, number],
): void {
  if (intervention === undefined) return;
  const { stage, step } = intervention;
  const steps = stage === "coarse" ? coarse : fine;
  if (!(Number.isInteger(step) && step >= 0 && step <= steps)) {
    throw new RangeError(
      `Cannot intervene after step ${step}: the ${stage} stage has ${steps} steps`,
    );
  }
}

function checkImages(images: tf.Tensor4D): void {
  const [, height, width, channels] = images.shape;
  if (height % COARSE_SCALE !== 0 || width % COARSE_SCALE !== 0 || channels !== 1) {
    throw new TypeError(
      `Cannot run Med-NCA: images must be [B, H, W, 1] with H and W multiples of ` +
        `${COARSE_SCALE}, got [${images.shape}]`,
    );
  }
}

import * as tf from "@tensorflow/tfjs";
import type { RolloutOptions, Stats } from "../rollout/types.ts";
import { hash32 } from "../support/random.ts";
import { DEFAULT_MED_NCA_CONFIG, type MedNcaConfig } from "./med_nca_config.ts";
import { NCA2D } from "./nca2d.ts";
import { COARSE_SCALE, downsampleImages, readLogits, upsampleState } from "./stages.ts";

/** Options for running a Med-NCA on a batch. */
export interface ForwardOptions {
  /** One seed per slice, integers in [0, 2³²). They decide which cells fire. */
  seeds: readonly number[];
  /** The cells over which batch norm takes its statistics. Default: as configured for training. */
  stats?: Stats;
  /** Masks [steps, B, h, w] of both stages instead of hashed ones, to compare implementations. */
  masks?: readonly [coarse: Uint8Array, fine: Uint8Array];
  /** Steps of both automata instead of the configured ones. */
  steps?: readonly [coarse: number, fine: number];
  /** A change made to the state during the run. */
  intervention?: Intervention;
}

/** A change of the state during a rollout, to see how the automaton reacts. */
export interface Intervention {
  /** The stage. */
  stage: "coarse" | "fine";
  /** The number of its steps before the change. */
  step: number;
  /** Returns the changed state, of the same shape [B, h, w, c]. */
  change: (state: tf.Tensor4D) => tf.Tensor4D;
}

/** A state during a rollout. */
export interface TraceFrame {
  /** The current stage. */
  stage: "coarse" | "fine";
  /** The number of steps done in this stage. */
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
  readonly config: MedNcaConfig;
  /** The coarse automaton. */
  readonly model1: NCA2D;
  /** The fine automaton. */
  readonly model2: NCA2D;

  /**
   * @param config Changes to the tutorial's configuration.
   * @param options.seed Seeds the initial values. Default: 0.
   * @param options.values Initial values of both automata by name, instead of random ones.
   * @throws {RangeError} If image channels and logits do not fit into the channels of a cell.
   */
  constructor(
    config: Partial<MedNcaConfig> = {},
    options: {
      seed?: number;
      values?: readonly [ReadonlyMap<string, Float32Array>, ReadonlyMap<string, Float32Array>];
    } = {},
  ) {
    this.config = { ...DEFAULT_MED_NCA_CONFIG, ...config };
    const { channels, imageChannels, classes, hidden, kernels } = this.config;
    if (imageChannels + classes > channels) {
      throw new RangeError(
        `Cannot make a Med-NCA: ${imageChannels} image channels and ${classes} classes need ` +
          `${imageChannels + classes} channels, got ${channels}`,
      );
    }
    const [model1, model2] = kernels.map((kernel, stage) =>
      new NCA2D({ channels, imageChannels, hidden, kernel }, {
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

  /** The number of trainable parameters. */
  get parameterCount(): number {
    return this.model1.parameterCount + this.model2.parameterCount;
  }

  /**
   * Segments a batch of slices. Differentiable with respect to the parameters.
   *
   * @param images [B, H, W, n] with n image channels, normalised; H and W multiples of 4.
   * @returns Logits, [B, H, W, k] with k classes.
   * @throws {TypeError} If height or width is not a multiple of 4, or the images have a different
   * number of channels.
   * @throws {RangeError} If an intervention is not within the steps of its stage.
   */
  forward(images: tf.Tensor4D, options: ForwardOptions): tf.Tensor4D {
    const { imageChannels, classes } = this.config;
    return tf.tidy(() => {
      const frames = this.trace(images, { ...options, every: Infinity });
      return readLogits(frames.at(-1)!.state, imageChannels, classes);
    });
  }

  /**
   * The states during a run, for pictures: before the first step of each stage, after every `every`
   * steps, after an intervention and after the last step. The caller disposes them.
   *
   * @param images [B, H, W, n].
   */
  trace(images: tf.Tensor4D, options: ForwardOptions & { every?: number }): TraceFrame[] {
    this.#checkImages(images);
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
        push(next, () => nca.forward(state, part(rollout, state, firstStep, next)));
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

  #checkImages(images: tf.Tensor4D): void {
    const [, height, width, channels] = images.shape;
    const { imageChannels: n } = this.config;
    if (height % COARSE_SCALE !== 0 || width % COARSE_SCALE !== 0 || channels !== n) {
      throw new TypeError(
        `Cannot run Med-NCA: images must be [B, H, W, ${n}] with H and W multiples of ` +
          `${COARSE_SCALE}, got [${images.shape}]`,
      );
    }
  }

  #stageOptions(options: ForwardOptions): RolloutOptions[] {
    const { seeds, stats, masks, steps = this.config.steps } = options;
    const { fireRate } = this.config;
    checkIntervention(options.intervention, steps);
    return steps.map((steps, stage) => ({
      steps,
      fireRate,
      stats: stats ?? this.config.stats,
      // Each stage has its own masks.
      seeds: seeds.map((seed) => hash32(seed, stage)),
      ...(masks && { masks: masks[stage]! }),
    }));
  }
}

/** A range of steps of a stage. */
function part(
  rollout: RolloutOptions,
  { shape: [batch, height, width] }: tf.Tensor4D,
  from: number,
  to: number,
): RolloutOptions {
  const cells = batch * height * width;
  return {
    ...rollout,
    steps: to - from,
    firstStep: from,
    ...(rollout.masks && { masks: rollout.masks.subarray(from * cells, to * cells) }),
  };
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

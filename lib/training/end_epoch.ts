import type { EvalResult } from "../evaluation/eval_med_nca.ts";
import type { Counters } from "./checkpoint.ts";
import type { EpochMetrics } from "./metrics.ts";
import { Diverged, type SavedCheckpoint } from "./training_errors.ts";

/** A mean loss this many times that of the first step means divergence. */
const DIVERGED = 10;

/**
 * Ends an epoch: adds its means to the history and resets the counters.
 *
 * @param counters Counters with the sums over all batches of the epoch.
 * @param options.scores Of the validation slices, or null.
 * @param options.lr The learning rate of its last batch.
 * @returns The epoch's figures, and whether its weights are the best so far. Without a score, the
 * last weights are the best.
 * @throws {InputError} If the loss has grown far above its start, or a validation loss is not
 * finite.
 */
export function endEpoch(
  counters: Counters,
  { scores, lr, names, saved }: {
    scores: EvalResult | null;
    lr: number;
    names: readonly string[];
    saved: SavedCheckpoint | null;
  },
): { metrics: EpochMetrics; isBest: boolean } {
  const { sums, batch, step, firstLoss } = counters;
  const [loss = NaN, dice = NaN, bce = NaN, ...byClass] = sums.map((sum) => sum / batch);
  if (firstLoss !== null && loss > DIVERGED * firstLoss) {
    const times = Math.round(loss / firstLoss);
    throw new Diverged(
      `the loss of the epoch is ${loss.toPrecision(3)}, ${times} times that of the first step,`,
      step,
      saved,
    );
  }
  const metrics: EpochMetrics = {
    ...{ epoch: counters.epoch + 1, loss, dice, bce, lr },
    ...validationMetrics(scores, step, saved),
    classes: names.length === 1 ? [] : names.map((name, i) => ({
      name,
      dice: byClass[i]!,
      valVolumeDice: orNull(scores?.classes[i]?.volumeDice),
    })),
    seconds: counters.seconds,
  };
  const score = metrics.valVolumeDice;
  const isBest = score === null || counters.best === null || score > counters.best.score;
  if (isBest) counters.best = { epoch: metrics.epoch, score: score ?? 0 };
  counters.history.push(metrics);
  Object.assign(counters, { epoch: metrics.epoch, batch: 0, sums: [], seconds: 0 });
  return { metrics, isBest };
}

type ValidationMetrics = Pick<
  EpochMetrics,
  "valLoss" | "valDice" | "valBce" | "valScore" | "valVolumeDice"
>;

function validationMetrics(
  scores: EvalResult | null,
  step: number,
  saved: SavedCheckpoint | null,
): ValidationMetrics {
  if (scores === null) {
    return { valLoss: null, valDice: null, valBce: null, valScore: null, valVolumeDice: null };
  }
  const { diceLoss, bce, dice, volumeDice, slices } = scores;
  const valLoss = diceLoss + bce;
  if (!Number.isFinite(valLoss)) {
    const bad = slices.filter((slice) => !Number.isFinite(slice.diceLoss + slice.bce));
    throw new Diverged(`the validation loss is ${valLoss}`, step, saved, bad);
  }
  return {
    ...{ valLoss, valDice: diceLoss, valBce: bce, valScore: dice },
    valVolumeDice: orNull(volumeDice),
  };
}

/** A score, or null if it is undefined. */
function orNull(score: number | undefined): number | null {
  return score === undefined || Number.isNaN(score) ? null : score;
}

import * as tf from "@tensorflow/tfjs";
import { evalMedNca } from "../evaluation/eval_med_nca.ts";
import { segmentationLoss } from "../losses/segmentation_loss.ts";
import { batchTensors, lossGradients } from "./loss_gradients.ts";
import type { TrainOptions, TrainResult } from "./train_options.ts";
import { Training } from "./training.ts";

/**
 * Trains a Med-NCA: Dice loss + cross-entropy, Adam, a learning rate by epoch or by batch.
 *
 * Everything is reproducible: order and masks are functions of seed, epoch and batch. A run that
 * was stopped and resumed ends with the same bits as one that was not.
 *
 * @throws {InputError} If the folder already holds a run or is in use, there is nothing to resume,
 * the loss diverges, a slice cannot be read, or the disk is full. Saved files stay valid; later
 * steps are saved first if possible.
 *
 * @example
 * ```ts ignore
 * const folder = "prepared/data.example";
 * const train = await SliceDataset.open(folder, { cases: split.train });
 * const validation = await SliceDataset.open(folder, { cases: split.validation });
 * const { history } = await trainMedNca({ train, validation, config: { epochs: 2 } });
 * ```
 */
export async function trainMedNca(options: TrainOptions): Promise<TrainResult> {
  const { validation, signal } = options;
  const training = await Training.open(options);
  const { config, model, adam, mean, counters, kind } = training;
  const { batchSize, seed } = config;
  try {
    while (counters.epoch < config.epochs) {
      for await (const batch of training.batchesLeft()) {
        signal?.throwIfAborted();
        const { seeds, learningRate } = training.nextStep(batch);
        const figures = tf.tidy(() => {
          const { images, labels, keep } = batchTensors(batch);
          const { gradients, losses } = lossGradients(model, () => {
            const logits = model.forward(images, { seeds }); // forward
            return segmentationLoss(logits, labels, { kind, keep }); // loss
          }); // backward
          adam.apply(gradients, learningRate); // Adam
          return tf.concat1d([losses, adam.squares().as1D()]);
        });
        await training.log(figures, batch); // log
        await training.pause();
      }
      await training.finishBatches();
      const scores = validation === undefined
        ? null
        : await evalMedNca(mean?.model ?? model, validation, { // validate
          ...{ batchSize, seed }, // the same masks in every epoch, so that epochs are comparable
          ...(signal === undefined ? {} : { signal }),
        });
      await training.saveEpoch(scores); // save
    }
    return training.result(false);
  } catch (error) {
    const isAborted = signal?.aborted === true && error === signal.reason;
    await training.rescue(isAborted ? null : error);
    return training.result(true);
  } finally {
    training.close();
  }
}

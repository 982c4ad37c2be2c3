import * as tf from "@tensorflow/tfjs";
import {
  Adam,
  batchTensors,
  evalMedNca,
  hash32,
  initBackend,
  lossGradients,
  MedNca,
  prepareData,
  resolveConfig,
  saveWeights,
  segmentationLoss,
} from "@med-nca/lib";

const backend = await initBackend();
const { seed, ...config } = resolveConfig({ data: "data.example", size: [64, 64], epochs: 3 });
const { train, validation } = await prepareData({ seed, ...config });
const model = new MedNca({}, { seed });
const adam = new Adam(model.variables, config);
for (let epoch = 0; epoch < config.epochs; epoch++) {
  for await (const batch of train.batches({ batchSize: 2, seed, epoch })) {
    tf.tidy(() => {
      const { images, labels } = batchTensors(batch);
      const seeds = batch.records.map(({ index }) => hash32(seed, epoch, index)); // which cells fire
      const { gradients } = lossGradients(model, () => {
        const logits = model.forward(images, { seeds }); // forward
        return segmentationLoss(logits, labels); // Dice loss + cross-entropy
      }); // backward
      adam.apply(gradients, config.learningRate);
    });
  }
  const { volumeDice } = await evalMedNca(model, validation!, { seed });
  console.log(`Epoch ${epoch + 1}: Dice of the validation patients ${volumeDice.toFixed(3)}`);
}
await saveWeights(model, "runs/first");
backend.dispose();

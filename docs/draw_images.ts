/**
 * Draws the pictures of the README from a run on data.example, small enough for a repository:
 *
 *     deno run --allow-read --allow-write --allow-env docs/draw_images.ts runs/NAME
 *
 * @module
 */

import { join } from "@std/path";
import * as tf from "@tensorflow/tfjs";
import {
  animateSettling,
  initBackend,
  loadWeights,
  maskOf,
  plotStateChannels,
  plotTrainingCurves,
  predictSlices,
  preparedFolder,
  readMetrics,
  readRun,
  runPaths,
  type Sample,
  settlingFrames,
  SliceDataset,
  visualizePredictions,
} from "@med-nca/lib";

const [run] = Deno.args;
if (run === undefined) throw new TypeError("Usage: deno run … docs/draw_images.ts runs/NAME");
const folder = join(import.meta.dirname!, "images");
const { config, split } = await readRun(run);
const backend = await initBackend({ channels: config.channels, hidden: config.hidden });
const model = await loadWeights(runPaths(run).best);
const dataset = await SliceDataset.open(preparedFolder(config), { cases: split.test });
const view = { axis: config.axis };
const [height, width] = [dataset.height, dataset.width];

const curves = plotTrainingCurves(await readMetrics(runPaths(run).metrics));
await Deno.mkdir(folder, { recursive: true });
await Deno.writeFile(join(folder, "training_curves.png"), curves.png({ width: 900 }));

/** Of each of the first two held-out patients the slice with most of the prostate. */
const samples: Sample[] = [];
for (const id of split.test.slice(0, 2)) {
  const slices = dataset.slices.filter((slice) => slice.case === id);
  const largest = slices.reduce((a, b) => b.foreground > a.foreground ? b : a);
  samples.push(await dataset.get(dataset.slices.indexOf(largest)));
}
const predictions = await predictSlices(
  model,
  samples.map(({ image }) => ({ data: image, height, width })),
  { seed: config.seed },
);
const rows = samples.map(({ image, label, record }, i) => ({
  case: record.case,
  slice: record.index,
  image,
  truth: label,
  prediction: maskOf(predictions[i]!.probability),
  height,
  width,
}));
await visualizePredictions(rows, { view }).save(join(folder, "predictions.png"));

const first = samples[0]!;
const image = tf.tensor4d(first.image, [1, height, width, 1]);
const trace = model.trace(image, { seeds: [config.seed], every: 3 });
await animateSettling(settlingFrames(trace), {
  image: { data: first.image, height, width },
  truth: { data: first.label, height, width },
  view,
  scale: Math.max(1, Math.round(160 / height)),
  delay: 250,
}).save(join(folder, "settling.gif"));
const channels = plotStateChannels(
  { data: await trace.at(-1)!.state.data(), height, width, channels: config.channels },
  { view, columns: 8 },
);
await Deno.writeFile(join(folder, "channels.png"), channels.png({ width: 640 }));

model.dispose();
backend.dispose();
for (const { name } of Deno.readDirSync(folder)) {
  console.log(
    `docs/images/${name}  ${Math.round(Deno.statSync(join(folder, name)).size / 1024)} kB`,
  );
}

/**
 * A Med-NCA as one ONNX file.
 *
 * @module
 */

import { parameterShapes } from "../nca/initialization.ts";
import { COARSE_SCALE } from "../nca/stages.ts";
import type { ModelWeights } from "../nca/weights.ts";
import { fireThreshold } from "../rollout/fire_mask.ts";
import { BATCH_NORM_EPSILON } from "../rollout/types.ts";
import type { ModelInputs } from "../slices/model_inputs.ts";
import { LARGEST_SIDE } from "../slices/slice_settings.ts";
import { GraphBuilder } from "./graph_builder.ts";
import { onnxFireMask, onnxHash } from "./onnx_fire_mask.ts";
import { encodeOnnx, onnxValue } from "./onnx_messages.ts";

/** The first version with `BitwiseXor` and with `Pad` along some axes. */
const OPSET = 18;
/** The file format of that version. */
const IR_VERSION = 8;

const DESCRIPTION =
  "Med-NCA: image [slices, channels, height, width], normalised as med-nca-inputs says, seed, and " +
  "index, each slice's number in its volume, which decide the cells that fire; logits [slices, " +
  "classes, height, width]";

/** The logit of pixels that the model did not see. */
const OUTSIDE = -100;

/**
 * Writes a Med-NCA as one ONNX file for slices of any size, with the results of `predict`. It
 * contains padding or cropping to the model's grid and back, both automata as loops, the hashed
 * fire masks, and batch norm per slice. Slices must be normalised, and resampled if the model's
 * `spacing` or `fit` require it: see the metadata `med-nca-inputs` (the run's `slices.json`) and
 * `med-nca` (the model). A model with `neighbours` takes them as further channels of the image: all
 * channels of the slice, of the one before, of the one after, and so on, as in `neighbourPlaces`.
 *
 * Inputs: `image` [slices, channels, height, width], float; `seed`, an integer; `index` [slices],
 * integers, each slice's index within its volume. Output: `logits` [slices, classes, height,
 * width]. `seed` and `index` decide which cells fire, as in `cellSeed`.
 *
 * @param model From `readWeights`.
 * @param inputs What it was trained on.
 * @returns The bytes of the file.
 */
export function encodeOnnxModel({ config, values }: ModelWeights, inputs: ModelInputs): Uint8Array {
  const { imageChannels: n, classes } = config;
  const graph = new GraphBuilder();
  const pads = missingPixels(graph, inputs);
  const axes = graph.int([2, 3]);
  const image = graph.add("Pad", ["image", pads, "", axes]);
  const seeds = onnxHash(graph, "seed", "index");
  const rollout = (stage: 0 | 1, image: string, hidden: string) =>
    addRollout(graph, {
      ...{ image, hidden },
      name: `model${stage + 1}`,
      seeds: onnxHash(graph, seeds, graph.int(stage)),
      kernel: config.kernels[stage],
      steps: config.steps[stage],
      values: values[stage],
      config,
    });

  const small = resize(graph, image, 1 / COARSE_SCALE);
  const shape = [
    sizes(graph, small, 0, 1),
    graph.int([config.channels - n]),
    planeOf(graph, small),
  ];
  const empty = graph.add("ConstantOfShape", [graph.add("Concat", shape, { axis: 0 })]);
  const coarse = rollout(0, small, empty);
  const fine = rollout(1, image, resize(graph, coarse, COARSE_SCALE));
  const read = graph.add("Slice", [fine, graph.int([0]), graph.int([classes]), graph.int([1])]);
  const outside = graph.float("outside", [], Float32Array.of(OUTSIDE));
  graph.add("Pad", [read, graph.add("Neg", [pads]), outside, axes], {}, "logits");

  return encodeOnnx({
    irVersion: IR_VERSION,
    producerName: "med-nca",
    docString: DESCRIPTION,
    opsetImport: [{ domain: "", version: OPSET }],
    metadataProps: [
      { key: "med-nca", value: JSON.stringify(config) },
      { key: "med-nca-inputs", value: JSON.stringify(inputs) },
    ],
    graph: {
      name: "med-nca",
      node: graph.nodes,
      initializer: graph.tensors,
      input: [
        onnxValue("image", "float", ["slices", n, "height", "width"]),
        onnxValue("seed", "int64", []),
        onnxValue("index", "int64", ["slices"]),
      ],
      output: [onnxValue("logits", "float", ["slices", classes, "height", "width"])],
    },
  });
}

/** Some sizes of a tensor. */
function sizes(graph: GraphBuilder, x: string, start: number, end: number): string {
  return graph.add("Shape", [x], { start, end });
}

/** Height and width. */
function planeOf(graph: GraphBuilder, x: string): string {
  return sizes(graph, x, 2, 4);
}

/**
 * Missing pixels above, left of, below and right of an image, as in `sliceGeometry`; negative for
 * excess pixels. Images to be resized already have the right size.
 */
function missingPixels(graph: GraphBuilder, { size, fit, smallest }: ModelInputs): string {
  const own = planeOf(graph, "image");
  const multiple = graph.int(COARSE_SCALE);
  const quarters = graph.add("Div", [
    graph.add("Add", [own, graph.int(COARSE_SCALE - 1)]),
    multiple,
  ]);
  const rounded = graph.add("Mul", [quarters, multiple]);
  const grid = size !== "pad" && fit === "pad-or-crop"
    ? graph.int(size)
    : graph.add("Max", [rounded, graph.int(size === "pad" ? smallest : 0)]);
  const missing = graph.add("Sub", [grid, own]);
  // Div rounds towards 0; adding a large even number makes it round down
  const shift = 2 * LARGEST_SIDE;
  const half = graph.add("Div", [graph.add("Add", [missing, graph.int(shift)]), graph.int(2)]);
  const before = graph.add("Sub", [half, graph.int(shift / 2)]);
  return graph.add("Concat", [before, graph.add("Sub", [missing, before])], { axis: 0 });
}

/** Height and width times a factor, as `resizeBilinear` of `lib/nca`. */
function resize(graph: GraphBuilder, x: string, factor: number): string {
  const scales = graph.float(`scale_${factor}`, [4], Float32Array.of(1, 1, factor, factor));
  const attributes = { mode: "linear", coordinate_transformation_mode: "half_pixel" };
  return graph.add("Resize", [x, "", scales], attributes);
}

/** One automaton. */
interface Rollout {
  readonly name: string;
  /** [B, n, h, w]. */
  readonly image: string;
  /** The channels that change, [B, c − n, h, w]. */
  readonly hidden: string;
  /** [B]. */
  readonly seeds: string;
  readonly kernel: number;
  readonly steps: number;
  readonly values: ReadonlyMap<string, Float32Array>;
  readonly config: ModelWeights["config"];
}

/** Runs an automaton. @returns The channels that change, after the last step. */
function addRollout(
  outer: GraphBuilder,
  { name, image, hidden, seeds, kernel, steps, values, config }: Rollout,
): string {
  const { channels, imageChannels } = config;
  const [batch, size] = [sizes(outer, image, 0, 1), planeOf(outer, image)];
  const count = outer.add("ReduceProd", [size], { keepdims: 0 });
  const cells = outer.add("Range", [outer.int(0), count, outer.int(1)]);
  const maskShape = outer.add("Concat", [batch, outer.int([1]), size], { axis: 0 });
  const shapes = parameterShapes({ ...config, kernel });
  const weights = (layer: string) =>
    ["weight", "bias"].map((kind) => {
      const key = `${layer}.${kind}`;
      return outer.float(`${name}.${key}`, shapes.get(key)!, values.get(key)!);
    });

  const body = new GraphBuilder(outer);
  const [step, goesOn, before] = [`${name}.step`, `${name}.goes_on`, `${name}.before`];
  const state = body.add("Concat", [image, before], { axis: 1 });
  const perception = body.add("Conv", [state, ...weights("perception")], {
    group: channels,
    pads: Array(4).fill((kernel - 1) / 2),
  });
  const both = body.add("Concat", [perception, state], { axis: 1 });
  const normed = body.add(
    "InstanceNormalization",
    [body.add("Conv", [both, ...weights("fc1")]), ...weights("bn")],
    { epsilon: { float: BATCH_NORM_EPSILON } },
  );
  const change = body.add("Conv", [body.add("Relu", [normed]), ...weights("fc2")]);
  const threshold = fireThreshold(config.fireRate);
  const fires = onnxFireMask(body, { seeds, step, cells, threshold });
  const mask = body.add("Reshape", [body.add("Cast", [fires], { to: 1 }), maskShape]);
  const after = body.add("Add", [before, body.add("Mul", [change, mask])]);
  const still = body.add("Identity", [goesOn]);
  const shape = ["slices", channels - imageChannels, `${name}.height`, `${name}.width`];
  return outer.add("Loop", [outer.int(steps), "", hidden], {
    body: {
      name,
      node: body.nodes,
      initializer: [],
      input: [
        onnxValue(step, "int64", []),
        onnxValue(goesOn, "bool", []),
        onnxValue(before, "float", shape),
      ],
      output: [onnxValue(still, "bool", []), onnxValue(after, "float", shape)],
    },
  });
}

import assert from "node:assert/strict";
import type { TrainedModel } from "../../lib/evaluation/predict_case.ts";
import {
  classCode,
  classColour,
  codeColour,
  partColour,
  signedColour,
} from "../../lib/live/colours.ts";
import {
  answerOf,
  channelsOf,
  countTruth,
  diceOf,
  meanChange,
  planeOf,
} from "../../lib/live/read_state.ts";

const classes = [{ name: "a", values: [1] }, { name: "b", values: [2] }];
const TRAINED = {
  model: { config: { channels: 4, imageChannels: 1, classes: 2 } },
  inputs: { targets: { kind: "classes", classes, ignore: [] } },
} as unknown as TrainedModel;

/** Two cells: their logits of a and b. */
const LOGITS = Float32Array.of(3, 0, -3, 2);

Deno.test("channelsOf() names a channel, the last where there are less, or the logits'", () => {
  assert.deepEqual(channelsOf(0, TRAINED), { first: 0, count: 1 });
  assert.deepEqual(channelsOf(7, TRAINED), { first: 3, count: 1 });
  for (const show of ["mask", "probability"] as const) {
    assert.deepEqual(channelsOf(show, TRAINED), { first: 1, count: 2 });
  }
});

Deno.test("planeOf() shows a channel, the most probable class and its probability", () => {
  assert.deepEqual([...planeOf(Float32Array.of(9, 5), 0, TRAINED)], [9, 5]);
  assert.deepEqual([...planeOf(LOGITS, "mask", TRAINED)], [1, 2]);
  const { exp } = Math;
  const expected = [exp(3) / (2 + exp(3)), exp(2) / (1 + exp(-3) + exp(2))];
  for (const [i, p] of planeOf(LOGITS, "probability", TRAINED).entries()) {
    assert.ok(Math.abs(p - expected[i]!) < 1e-6, `${p}`);
  }
});

Deno.test("planeOf() shows a region with those around it, as its file holds it", () => {
  const parts = [{ name: "whole", values: [1, 2] }, { name: "core", values: [2] }];
  const targets = { kind: "regions", classes: parts, ignore: [] };
  const trained = { ...TRAINED, inputs: { targets } } as unknown as TrainedModel;
  // The first cell is found to be of the core only
  assert.deepEqual([...planeOf(Float32Array.of(-3, 1, 2, -1), "mask", trained)], [3, 1]);
});

const ANSWER = answerOf(LOGITS, TRAINED);

Deno.test("diceOf() enlarges a small state, and takes the mean over classes", () => {
  // a: 4 of 4 pixels; b: 3 pixels that count, of which the one of the truth is one
  const truth = Uint8Array.of(1, 1, 2, 0, 1, 1, 0, 255);
  const { targets } = TRAINED.inputs;
  const cells = countTruth(truth, [2, 4], 2, targets);
  assert.ok(Math.abs(diceOf(ANSWER, cells, TRAINED) - (1 + 2 / 4) / 2) < 1e-6);
  const fine = countTruth(Uint8Array.of(1, 1), [1, 2], 1, targets);
  assert.ok(Math.abs(diceOf(ANSWER, fine, TRAINED) - (2 / 3 + 0) / 2) < 1e-6);
  assert.ok(Number.isNaN(diceOf(ANSWER, null, TRAINED)));
});

Deno.test("meanChange() is the mean of differences, whatever their sign", () => {
  assert.equal(meanChange(LOGITS, Float32Array.of(4, 0, -5, 2)), (1 + 2) / 4);
});

Deno.test("codeColour() is that of a class, or of the last region of a set", () => {
  const [orange, blue, green] = [[230, 159, 0], [86, 180, 233], [0, 158, 115]];
  const of = (kind: "classes" | "regions") => [1, 2, 3, 4, 5].map((code) => codeColour(code, kind));
  assert.deepEqual(of("classes").slice(0, 3), [orange, blue, green]);
  assert.deepEqual(of("regions"), [orange, blue, blue, green, green]);
});

Deno.test("classCode() is the code with the colour of the class", () => {
  for (const kind of ["classes", "regions"] as const) {
    const codes = [0, 1, 2, 3].map((i) => classCode(i, kind));
    assert.deepEqual(codes.map((code) => codeColour(code, kind)), [0, 1, 2, 3].map(classColour));
    assert.equal(codes[3], kind === "classes" ? 4 : 8);
  }
});

Deno.test("colours: the middle of the signed map is dark, and maps are linear between colours", () => {
  assert.deepEqual(signedColour(-1), [140, 205, 255]);
  assert.deepEqual(signedColour(0), [22, 24, 30]);
  assert.deepEqual(signedColour(0.5), [205, 105, 15]);
  assert.deepEqual(signedColour(2), signedColour(1));
  assert.deepEqual(partColour(0.5 / 9), [70, 21, 102]);
});

import * as tf from "@tensorflow/tfjs";
import axe from "axe-core";
import assert from "node:assert/strict";
import { join } from "@std/path";
import type { Page } from "playwright-core";
import { initBackend } from "../../lib/backend.ts";
import { eraseCells } from "../../lib/nca/erase_cells.ts";
import { MedNca } from "../../lib/nca/med_nca.ts";
import { live } from "../../lib/notebook/mod.ts";
import { type RunData, type RunSettings, startRun } from "../../lib/notebook/live_run.ts";
import { Random } from "../../lib/support/random.ts";
import { BROWSER, withTab } from "../live/support/site.ts";
import { inFolder } from "../support/in_folder.ts";

const [HEIGHT, WIDTH] = [24, 32];
const SEED = 5;

function smallModel(options: { imageChannels?: number; classes?: number } = {}): MedNca {
  return new MedNca({ steps: [6, 4], ...options }, { seed: 3 });
}

function randomImage(channels: number): Float32Array {
  const random = new Random(1);
  return Float32Array.from({ length: HEIGHT * WIDTH * channels }, () => random.uniform());
}

function runOf(model: MedNca, image: Float32Array): RunData {
  const { channels, imageChannels, steps } = model.config;
  return {
    ...{
      height: HEIGHT,
      width: WIDTH,
      channels,
      imageChannels,
      steps,
      scale: 4,
      seed: SEED,
      image,
    },
    weights: [model.model1, model.model2].map(({ variables }) =>
      [...variables.values()].map((variable) => variable.dataSync<"float32">())
    ) as unknown as RunData["weights"],
  };
}

/** The largest difference of two arrays. */
function off(a: ArrayLike<number>, b: ArrayLike<number>): number {
  assert.equal(a.length, b.length);
  return Array.from(a).reduce((most, value, i) => Math.max(most, Math.abs(value - b[i]!)), 0);
}

const PLAIN: RunSettings = { fireRate: 0.5, noise: 0, strokes: [] };

for (const imageChannels of [1, 2]) {
  Deno.test(`startRun() gives the states of MedNca.trace(), ${imageChannels} image channel(s)`, async () => {
    const backend = await initBackend({ backend: "wasm", threads: 1 });
    const model = smallModel({ imageChannels });
    const image = randomImage(imageChannels);
    const tensor = tf.tensor4d(image, [1, HEIGHT, WIDTH, imageChannels]);
    const frames = model.trace(tensor, { seeds: [SEED] });
    const run = startRun(runOf(model, image));
    for (const { stage, step, state } of frames) {
      if (stage === "fine" && step === 0) continue; // the coarse state, enlarged
      const at = stage === "coarse" ? step : 6 + step;
      assert.deepEqual(run.sizeAt(at), state.shape.slice(1, 3));
      assert.ok(off(run.stateAt(at, PLAIN), await state.data()) < 1e-4, `${stage} ${step}`);
    }
    tf.dispose([tensor, ...frames.map(({ state }) => state)]);
    model.dispose();
    backend.dispose();
  });
}

Deno.test("startRun() erases cells as MedNca.trace() with eraseCells(), and takes it back", async () => {
  const backend = await initBackend({ backend: "wasm", threads: 1 });
  const model = smallModel();
  const image = randomImage(1);
  const tensor = tf.tensor4d(image, [1, HEIGHT, WIDTH, 1]);
  const run = startRun(runOf(model, image));
  const last = run.stateAt(10, PLAIN);
  for (const [stage, step] of [["coarse", 4], ["fine", 2]] as const) {
    // Pixels 8 to 15 of rows 4 to 7: two coarse cells
    const wound = Uint8Array.from({ length: HEIGHT * WIDTH }, (_, i) => {
      const [y, x] = [Math.floor(i / WIDTH), i % WIDTH];
      return Number(y >= 4 && y < 8 && x >= 8 && x < 16);
    });
    const at = stage === "coarse" ? step : 6 + step;
    const points = [4, 5, 6, 7].flatMap((y) => [8, y, 15, y, 15, y + 1 < 8 ? y + 1 : y]);
    const wounded = {
      ...PLAIN,
      strokes: [{ step: at, tool: "erase", radius: 0, points }],
    } as const;
    const frames = model.trace(tensor, {
      seeds: [SEED],
      intervention: {
        ...{ stage, step },
        change: (state) => eraseCells(state, wound, { size: [HEIGHT, WIDTH], imageChannels: 1 }),
      },
    });
    assert.ok(off(run.stateAt(10, wounded), await frames.at(-1)!.state.data()) < 1e-4);
    const after = run.stateAt(at, wounded);
    const cell = stage === "coarse" ? 1 * 8 + 2 : 5 * 32 + 9;
    assert.ok(after.subarray(cell * 16 + 1, cell * 16 + 16).every((value) => value === 0));
    assert.notEqual(after[cell * 16], 0); // the image stays
    assert.ok(off(run.stateAt(10, wounded), last) > 1e-3);
    assert.deepEqual(run.stateAt(10, PLAIN), last);
    tf.dispose(frames.map(({ state }) => state));
  }
  tensor.dispose();
  model.dispose();
  backend.dispose();
});

Deno.test("startRun() adds the noise that is asked for, of its seed, and fires as often as asked for", () => {
  const model = smallModel();
  const data = runOf(model, randomImage(1));
  const run = startRun(data);
  const noisy = run.image({ ...PLAIN, noise: 0.2 });
  const random = new Random(SEED);
  const expected = data.image.map((value) => value + 0.2 * random.normal());
  assert.deepEqual(noisy, expected);
  // The fine state holds the noisy image itself
  const seen = run.stateAt(7, { ...PLAIN, noise: 0.2 }).filter((_, i) => i % 16 === 0);
  assert.deepEqual(seen, expected);
  assert.deepEqual(run.stateAt(7, PLAIN).filter((_, i) => i % 16 === 0), data.image);
  // Of 48 coarse cells, the part that fired in the first step
  const fired = (fireRate: number) => {
    const state = run.stateAt(1, { ...PLAIN, fireRate });
    return Array.from({ length: 48 }, (_, cell) => state[cell * 16 + 3] !== 0).filter(Boolean)
      .length;
  };
  assert.equal(fired(1), 48);
  assert.equal(fired(0), 0);
  assert.ok(fired(0.25) < 24);
  model.dispose();
});

/** A view of a small model, and its model's answer. */
async function smallView() {
  const backend = await initBackend({ backend: "wasm", threads: 1 });
  const model = smallModel();
  const image = randomImage(1);
  const truth = Uint8Array.from(image, (value) => Number(value > 0.5));
  const view = live(model, { data: image, height: HEIGHT, width: WIDTH, truth }, { seed: SEED });
  const logits = tf.tidy(() =>
    model.forward(tf.tensor4d(image, [1, HEIGHT, WIDTH, 1]), { seeds: [SEED] }).dataSync()
  );
  model.dispose();
  backend.dispose();
  return { view, truth, mask: Uint8Array.from(logits, (logit) => Number(logit > 0)) };
}

Deno.test("live() is shown as HTML and as a picture, and refuses a slice of another size", async () => {
  const { view } = await smallView();
  const shown = (view as unknown as Record<symbol, () => Record<string, string>>)[
    Symbol.for("Jupyter.display")
  ]!();
  assert.deepEqual(Object.keys(shown), ["text/html", "image/png"]);
  assert.equal(shown["text/html"], view.html);
  // Weights, image and script; its size is stated in the documentation
  assert.ok(view.html.length < 120_000, `${view.html.length}`);
  assert.doesNotMatch(view.html, /https?:\/\/(?!www\.w3\.org)/);
  const model = smallModel();
  assert.throws(
    () => live(model, { data: new Float32Array(8), height: HEIGHT, width: WIDTH }),
    /expected 24 × 32 × 1 numbers, got 8/,
  );
  model.dispose();
});

/** The pixels of the picture, red, green and blue, in the order of the slice. */
async function pixelsOf(page: Page): Promise<number[][]> {
  const turned: number[] = await page.locator("canvas").first().evaluate((element) => {
    const canvas = element as HTMLCanvasElement;
    const { width, height } = canvas;
    return [...canvas.getContext("2d")!.getImageData(0, 0, width, height).data];
  });
  // An axial slice of RAS: rows go from right to left, columns from back to front
  return Array.from({ length: HEIGHT * WIDTH }, (_, i) => {
    const [y, x] = [Math.floor(i / WIDTH), i % WIDTH];
    const at = 4 * ((WIDTH - 1 - x) * HEIGHT + HEIGHT - 1 - y);
    return turned.slice(at, at + 3);
  });
}

/** The colour of 0 where signs are shown. */
const ZERO = [22, 24, 30];

Deno.test({
  name: "live() answers a brush stroke and the keyboard in a browser (needs Chromium)",
  ignore: BROWSER === undefined,
  sanitizeOps: false,
  sanitizeResources: false,
  fn: () =>
    inFolder(async (folder) => {
      const { view, truth, mask } = await smallView();
      const file = join(folder, "view.html");
      // Twice: a notebook can show an output in two places
      await Deno.writeTextFile(
        file,
        `<!DOCTYPE html><meta charset="utf-8">${view.html}${view.html}`,
      );
      await withTab(`file://${file}`, async ({ page, errors, requests }) => {
        const root = page.locator("[data-live]").first();
        const where = root.locator("#where");
        assert.equal(await page.locator("canvas").count(), 2);
        const both = mask.reduce((sum, value, i) => sum + value * truth[i]!, 0);
        const sum = [...mask, ...truth].reduce((a, b) => a + b);
        const dice = (2 * both / sum).toFixed(3);
        assert.equal(await where.textContent(), `Step 10: fine 4 of 4 · Dice ${dice}`);
        await page.evaluate(axe.source);
        const rules = `{ runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"] }`;
        const { violations } = await page.evaluate(
          `axe.run("[data-live]", ${rules})`,
        ) as axe.AxeResults;
        assert.deepEqual(violations.map(({ id, nodes }) => `${id}: ${nodes[0]?.html}`), []);
        await root.locator("#show").selectOption("3");
        await root.locator("#radius").fill("0");
        const canvas = root.locator("canvas");
        const box = (await canvas.boundingBox())!;
        const middle = (x: number, y: number) => ({
          x: box.x + (x + 0.5) * box.width / HEIGHT,
          y: box.y + (y + 0.5) * box.height / WIDTH,
        });
        const from = middle(10, 20);
        const to = middle(14, 20);
        const before = await pixelsOf(page);
        await page.mouse.move(from.x, from.y);
        await page.mouse.down();
        await page.mouse.move(to.x, to.y, { steps: 4 });
        await page.mouse.up();
        await page.mouse.move(0, 0);
        const erased = await pixelsOf(page);
        // Column x of the picture is row 23 - x of the slice; row 20 is column 11
        const wound = [10, 11, 12, 13, 14].map((x) => (HEIGHT - 1 - x) * WIDTH + WIDTH - 1 - 20);
        for (const at of wound) assert.deepEqual(erased[at], ZERO);
        const changed = erased.flatMap((colour, at) => off(colour, before[at]!) > 0 ? [at] : []);
        const held = wound.filter((at) => off(before[at]!, ZERO) > 0);
        assert.ok(held.length >= 3);
        assert.deepEqual(changed, held.toSorted((a, b) => a - b));
        await root.locator("#next").click();
        assert.match((await where.textContent())!, /^Step 11: fine 5, beyond its training/);
        const after = await pixelsOf(page);
        assert.ok(wound.some((at) => off(after[at]!, ZERO) > 0), "it does not stay empty");
        await root.locator("#undo").click();
        await root.locator("#step").fill("10");
        assert.deepEqual(await pixelsOf(page), before);
        assert.equal(await root.locator("#undo").isDisabled(), true);
        await canvas.focus();
        for (const key of ["ArrowRight", "Enter"]) await page.keyboard.press(key);
        assert.equal(await root.locator("#undo").isDisabled(), false);
        await root.locator("#reset").click();
        assert.match((await where.textContent())!, /^Step 0: coarse 0 of 6/);
        await root.locator("#play").click();
        await where.getByText("Step 10: fine 4 of 4").waitFor();
        assert.deepEqual(errors, []);
        assert.deepEqual(requests.filter((url) => !url.startsWith("data:")), [`file://${file}`]);
      }, { reducedMotion: "reduce" });
    }),
});

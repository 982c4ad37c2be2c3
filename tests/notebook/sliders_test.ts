import assert from "node:assert/strict";
import { join } from "@std/path";
import { chromium } from "playwright-core";
import * as tf from "@tensorflow/tfjs";
import { bceLoss, diceLoss } from "../../lib/losses/mod.ts";
import { discLandscape, kernelEditor } from "../../lib/notebook/mod.ts";
import { lossMaps, maskLosses, softDisc } from "../../lib/notebook/disc_landscape.ts";
import { KERNELS, seenThrough } from "../../lib/notebook/kernel_editor.ts";
import { BROWSER } from "../live/support/site.ts";
import { inFolder } from "../support/in_folder.ts";

const near = (a: number, b: number, limit = 1e-5) =>
  assert.ok(Math.abs(a - b) < limit, `${a} ${b}`);

Deno.test("softDisc is 1 inside, 0 outside, and soft by a pixel", () => {
  const disc = softDisc(8, 2, 1); // around column 5, row 4
  assert.deepEqual([disc[4 * 8 + 5], disc[4 * 8 + 3], disc[4 * 8 + 2]], [1, 0.5, 0]);
  assert.deepEqual([disc[4 * 8 + 7], disc[6 * 8 + 5], disc[1 * 8 + 5]], [0.5, 0.5, 0]);
  assert.ok(softDisc(64, -1, 0).every((value) => value === 0));
});

Deno.test("maskLosses are lib's losses", async () => {
  await tf.setBackend("cpu");
  for (const [radius, shift] of [[11, 4], [3, 0], [0, -9]] as const) {
    for (const truth of [softDisc(32, 8, 0).map(Math.round), new Float32Array(32 * 32)]) {
      const guess = softDisc(32, radius, shift);
      const [logits, labels] = [tf.tensor1d(guess.map((v) => 16 * v - 8)), tf.tensor1d(truth)];
      const [dice, bce] = maskLosses(guess, truth);
      near(dice, diceLoss(logits, labels).dataSync()[0]!);
      near(bce, bceLoss(logits, labels).dataSync()[0]!);
    }
  }
});

Deno.test("lossMaps have their minimum at the truth", () => {
  const data = { side: 32, shifts: 9, radii: 13, truths: {} };
  const truth = softDisc(32, 8, 3).map(Math.round);
  const exact = maskLosses(softDisc(32, 8, 3), truth);
  for (const [i, map] of lossMaps(data, truth).entries()) {
    near(Math.min(...map), exact[i]!);
    const least = map.indexOf(Math.min(...map));
    assert.deepEqual([least % 9, 12 - Math.floor(least / 9)], [7, 8]); // shift 3, radius 8
  }
});

Deno.test("seenThrough is tf.depthwiseConv2d, and Sobel's kernels answer to the edges of their names", async () => {
  await tf.setBackend("cpu");
  const data = Float32Array.from({ length: 30 }, (_, i) => (i * 7) % 11);
  const kernel = [1, 2, 3, 4, 5, 6, 7, 8, 9];
  const image = tf.tensor4d(data, [1, 5, 6, 1]);
  const expected = tf.depthwiseConv2d(image, tf.tensor4d(kernel, [3, 3, 1, 1]), 1, "same");
  const seen = seenThrough({ data, height: 5, width: 6 }, kernel);
  assert.deepEqual(seen, expected.dataSync());

  // Dark on the left, bright on the right
  const step = Float32Array.from({ length: 36 }, (_, i) => Number(i % 6 >= 3));
  const middle = (name: keyof typeof KERNELS) =>
    seenThrough({ data: step, height: 6, width: 6 }, KERNELS[name])[2 * 6 + 2];
  assert.equal(middle("edges from left to right (Sobel)"), 4);
  assert.equal(middle("edges from top to bottom (Sobel)"), 0);
  near(KERNELS.blur.reduce((a, b) => a + b, 0), 1);
});

Deno.test("kernelEditor shows the outermost half per cent of the grey levels as black and white", () => {
  const data = Float32Array.from({ length: 1000 }, (_, i) => i);
  const { html } = kernelEditor({ data, height: 20, width: 50 });
  const [, black, white] = /range\\":\[([\d.]+),([\d.]+)\]/.exec(html)!;
  near(Number(black), 0.005 * 999, 1e-3);
  near(Number(white), 0.995 * 999, 1e-3);
});

Deno.test({
  name: "discLandscape and kernelEditor answer to their controls in a browser (needs Chromium)",
  ignore: BROWSER === undefined,
  sanitizeOps: false,
  sanitizeResources: false,
  fn: () =>
    inFolder(async (folder) => {
      // Of 8 rows and 6 columns, turned for display: bright where the picture's top is
      const slice = {
        data: Float32Array.from({ length: 48 }, (_, i) => Number(i % 6 >= 3)),
        ...{ height: 8, width: 6 },
      };
      const file = join(folder, "parts.html");
      const html = discLandscape().html + kernelEditor(slice).html;
      await Deno.writeTextFile(file, `<!DOCTYPE html><meta charset="utf-8">${html}`);
      const browser = await chromium.launch({
        executablePath: BROWSER!,
        args: ["--no-sandbox", "--disable-gpu"],
      });
      try {
        const page = await browser.newPage();
        const [errors, requests]: string[][] = [[], []];
        page.on("pageerror", ({ message }) => errors!.push(message));
        page.on("request", (request) => requests!.push(request.url()));
        await page.goto(`file://${file}`);
        const [discs, editor] = [0, 1].map((i) => page.locator("[data-live]").nth(i));
        const pixels = (id: string, part = discs!) =>
          part.locator(`#${id}`).evaluate((element) => {
            const canvas = element as HTMLCanvasElement;
            const { width, height } = canvas;
            const { data } = canvas.getContext("2d")!.getImageData(0, 0, width, height);
            return { width, values: [...data] };
          });
        const at = ({ width, values }: { width: number; values: number[] }, x: number, y: number) =>
          values.slice(4 * (y * width + x), 4 * (y * width + x) + 3);

        await discs!.locator("#radius").fill("14");
        await discs!.locator("#shift").fill("0");
        const says = discs!.locator("#says");
        const [dice, bce] = maskLosses(softDisc(64, 14, 0), softDisc(64, 14, 0).map(Math.round));
        assert.equal(
          await says.textContent(),
          `Radius 14, shift 0: Dice loss ${dice.toFixed(3)} + BCE ${bce.toFixed(3)} = ` +
            (dice + bce).toFixed(3),
        );
        const map = await pixels("dice");
        assert.deepEqual(at(map, 16, 10), [213, 94, 0]); // the cross: shift 0, radius 14
        assert.ok(at(map, 17, 9)[0]! < 40); // beside it, a small loss
        await discs!.locator("#truth").selectOption("empty slice");
        assert.match((await says.textContent())!, /Dice loss 1\.000/);
        assert.ok(at(await pixels("dice"), 0, 0)[0]! > 250);

        const seen = () => pixels("seen", editor);
        const { width, values } = await seen();
        assert.deepEqual([width, values.length / 4], [8, 48]);
        const name = editor!.locator("#name");
        await name.selectOption("edges from left to right (Sobel)");
        // The picture is bright above, so this sees nothing but its border
        assert.deepEqual(at(await seen(), 4, 2), [247, 247, 247]);
        await name.selectOption("edges from top to bottom (Sobel)");
        assert.notDeepEqual(at(await seen(), 4, 2), [247, 247, 247]);
        await name.selectOption("the image itself");
        const image = await seen();
        await editor!.locator("input").nth(4).fill("-1");
        assert.equal(await name.inputValue(), "my own");
        assert.notDeepEqual(await seen(), image);
        assert.deepEqual(errors, []);
        assert.deepEqual(requests!.filter((url) => !url.startsWith("data:")), [`file://${file}`]);
      } finally {
        await browser.close();
      }
    }),
});

import assert from "node:assert/strict";
import { join } from "@std/path";
import type { Page } from "playwright-core";
import { BROWSER, JUPYTERLAB, runAll, withLab } from "./support/lab.ts";
import { ROOT } from "./support/notebooks.ts";

const ignore = BROWSER === undefined || JUPYTERLAB === undefined;
const needs = "(needs JupyterLab and Chromium)";

/** Whether the cell with some code has a picture with more than one colour below it. */
async function hasPicture(page: Page, code: string): Promise<boolean> {
  const cell = page.locator(".jp-CodeCell").filter({ hasText: code }).first();
  const picture = cell.locator(".jp-OutputArea img, .jp-OutputArea svg").first();
  await picture.waitFor({ timeout: 120_000 });
  await picture.scrollIntoViewIfNeeded();
  return await picture.evaluate(async (element) => {
    const image = new Image();
    image.src = element instanceof HTMLImageElement
      ? element.src
      : `data:image/svg+xml,${encodeURIComponent(element.outerHTML)}`;
    await image.decode();
    const canvas = document.createElement("canvas");
    [canvas.width, canvas.height] = [image.naturalWidth, image.naturalHeight];
    const context = canvas.getContext("2d")!;
    context.drawImage(image, 0, 0);
    const { data } = context.getImageData(0, 0, canvas.width, canvas.height);
    return new Set(new Uint32Array(data.buffer)).size > 8;
  });
}

Deno.test({
  name: `chapter 1 runs in a real browser, with its pictures on the page ${needs}`,
  ignore,
  sanitizeOps: false, // the browser's driver keeps a pipe open
  sanitizeResources: false,
  fn: async () => {
    await withLab("1_nca_architecture", async (page) => {
      await runAll(page);
      assert.ok(await hasPicture(page, "The state at step 0"));
      assert.ok(await hasPicture(page, "before batch norm"));
      assert.ok(await hasPicture(page, "All 16 channels as they evolve"));
    });
  },
});

Deno.test({
  name: `Stop ends a training and saves it, the kernel lives, the next cell goes on ${needs}`,
  ignore,
  sanitizeOps: false,
  sanitizeResources: false,
  fn: async () => {
    const runs = join(ROOT, "runs", "notebook-data.example-quick");
    await Deno.remove(runs, { recursive: true }).catch(() => {});
    await withLab("4_training_loop", async (page) => {
      await runAll(page);
      const training = page.locator(".jp-CodeCell").filter({ hasText: "let result = await go()" });
      await training.locator(".jp-OutputArea img, .jp-OutputArea svg").first().waitFor({
        timeout: 120_000,
      });
      await page.locator('[data-command="notebook:interrupt-kernel"]').first().click();
      await training.locator(".jp-OutputArea").getByText("Stopped, nothing is lost.").waitFor({
        timeout: 30_000,
      });

      // All cells were asked for, so the next one goes on by itself, with the same variables.
      const next = page.locator(".jp-CodeCell").filter({ hasText: "if (result.aborted)" });
      await next.locator(".jp-OutputArea").getByText(/Best epoch: \d/).waitFor({
        timeout: 120_000,
      });
      const metrics = (await Deno.readTextFile(join(runs, "metrics.csv"))).trim().split("\n");
      assert.equal(metrics.length, 3); // the head, and each of the two epochs once
    });
  },
});

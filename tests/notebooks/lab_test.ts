import assert from "node:assert/strict";
import { join } from "@std/path";
import type { Page } from "playwright-core";
import { BROWSER, JUPYTERLAB, runAll, withLab } from "./support/lab.ts";
import { ROOT } from "./support/notebooks.ts";
import { runPython } from "../../tasks/support/python.ts";
import { erasesAndGoesOn } from "../notebook/support/live_view.ts";

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
  name:
    `chapter 1 runs in a real browser, with its pictures and the live() view, also later ${needs}`,
  ignore,
  sanitizeOps: false, // the browser's driver keeps a pipe open
  sanitizeResources: false,
  fn: async () => {
    await withLab("1_nca_architecture", async (page, folder) => {
      await runAll(page);
      assert.ok(await hasPicture(page, "The state at step 0"));
      assert.ok(await hasPicture(page, "before batch norm"));
      assert.ok(await hasPicture(page, "The first eight channels as they evolve"));

      // Of the notebook in front
      const cells = page.locator(".jp-NotebookPanel:not(.lm-mod-hidden) .jp-CodeCell");
      const cell = cells.filter({ hasText: "await show(live(" }).first();
      const view = cell.locator("[data-live]");
      await cell.scrollIntoViewIfNeeded();
      await view.locator("#where").waitFor({ timeout: 120_000 });
      await erasesAndGoesOn(view);
      await page.getByText("Deno | Idle").waitFor({ timeout: 120_000 }); // all cells are done
      const saved = page.waitForResponse((response) => response.request().method() === "PUT");
      await page.locator('[data-command="docmanager:save"]').first().click();
      await saved;

      // Opened again, it is trusted, and needs no kernel
      await page.reload();
      await cell.scrollIntoViewIfNeeded();
      await view.locator("#where").waitFor({ timeout: 60_000 });
      await erasesAndGoesOn(view);

      // Another's notebook is not trusted: the picture
      const file = join(folder, "1_nca_architecture.ipynb");
      const other = join(folder, "other.ipynb");
      await Deno.writeTextFile(other, (await Deno.readTextFile(file)).replace("# 1", "# One"));
      await page.goto(page.url().replace("1_nca_architecture", "other"));
      await cell.scrollIntoViewIfNeeded();
      await cell.locator(".jp-OutputArea img").waitFor({ timeout: 60_000 });
      assert.equal(await cell.locator("canvas").count(), 0);

      await runPython(JUPYTERLAB!, ["-m", "nbconvert", "--to", "html", file]);
      await page.goto(`file://${file.replace(".ipynb", ".html")}`);
      const exported = page.locator("[data-live]").filter({ has: page.locator("#step") });
      await erasesAndGoesOn(exported.first());
    });
  },
});

Deno.test({
  name:
    "Stop, above the chart (showStopButton) and in the toolbar, ends a training and saves it; the " +
    `next cells do not run, and the next one resumes ${needs}`,
  ignore,
  sanitizeOps: false,
  sanitizeResources: false,
  fn: async () => {
    const runs = join(ROOT, "runs", "notebook-data.example-quick");
    await Deno.remove(runs, { recursive: true }).catch(() => {});
    await withLab("4_training_loop", async (page) => {
      await runAll(page);
      const cellWith = (text: string) => page.locator(".jp-CodeCell").filter({ hasText: text });
      const training = cellWith("let result = await go()");
      const chart = ".jp-OutputArea img, .jp-OutputArea svg";
      await training.locator(chart).first().waitFor({ timeout: 120_000 });
      const button = training.locator(".jp-OutputArea").getByRole("button", { name: "Stop" });
      await button.click();
      await training.getByText("Stopped: nothing is lost. Run the next cell").waitFor({
        timeout: 30_000,
      });
      assert.equal(await button.count(), 0);

      // All cells were asked for, but those that wait are dropped. One goes on with its variables.
      const next = cellWith("if (result.aborted) result = await go()");
      await page.getByText("Deno | Idle").waitFor({ timeout: 30_000 });
      assert.equal(await next.locator(".jp-OutputArea-output").count(), 0);
      await next.locator(".cm-content").click();
      await page.keyboard.press("Control+Enter");
      await next.locator(chart).first().waitFor({ timeout: 120_000 });
      await page.locator('[data-command="notebook:interrupt-kernel"]').first().click();
      await next.getByText("Stopped: nothing is lost. Run this cell again").waitFor({
        timeout: 30_000,
      });
      await next.locator(".cm-content").click();
      await page.keyboard.press("Control+Enter");
      await next.locator(".jp-OutputArea").getByText(/Best epoch: \d/).waitFor({
        timeout: 120_000,
      });
      await page.getByText("Deno | Idle").waitFor({ timeout: 30_000 });
      assert.equal(await next.getByText("Stopped: nothing is lost").count(), 0);
      const metrics = (await Deno.readTextFile(join(runs, "metrics.csv"))).trim().split("\n");
      assert.equal(metrics.length, 3); // the head, and each of the two epochs once
    });
  },
});

Deno.test({
  name: `a missing bracket and a missing file are explained below their cell ${needs}`,
  ignore,
  sanitizeOps: false,
  sanitizeResources: false,
  fn: async () => {
    await withLab("0_start_here", async (page) => {
      const cell = page.locator(".jp-CodeCell").filter({ hasText: "readVolume(" }).first();
      const write = async (code: string) => {
        await cell.locator(".cm-content").click();
        await page.keyboard.press("Control+a");
        await page.keyboard.insertText(code);
      };
      const error = cell.locator('[data-mime-type="application/vnd.jupyter.stderr"]');

      await write('import { readVolume } from "@med-nca/lib";\nawait readVolume("nothing.nii";');
      await runAll(page);
      await error.getByText("SyntaxError: Expected ',', got ';'").waitFor({ timeout: 60_000 });
      await page.getByText("Deno | Idle").waitFor({ timeout: 60_000 });
      const outputs = await page.locator(".jp-CodeCell .jp-OutputArea-output").count();
      assert.equal(outputs, 3); // the backend's name, the pipeline, the error; the last cell did not run

      await write('import { readVolume } from "@med-nca/lib";\nawait readVolume("nothing.nii");');
      await page.keyboard.press("Control+Enter");
      await error.getByText("What to do: Check the path").waitFor({ timeout: 60_000 });
    });
  },
});

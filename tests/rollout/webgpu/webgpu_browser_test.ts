import * as tf from "@tensorflow/tfjs";
import assert from "node:assert/strict";
import { join } from "@std/path";
import { fileURLToPath } from "node:url";
import { chromium } from "playwright-core";
import { BROWSER } from "../../notebooks/support/lab.ts";
import { bundle, canBundle } from "../../support/bundle.ts";
import type { BrowserPage } from "../support/browser_page.ts";
import { assertEqualsOps } from "../support/equals_ops.ts";
import { EXAMPLES } from "../support/examples.ts";

tf.enableProdMode();

const fileOf = (path: string) => fileURLToPath(new URL(path, import.meta.url));

/** WebGPU over SwiftShader, a GPU that is a program, so that no hardware is needed. */
const FLAGS = [
  "--no-sandbox",
  "--enable-unsafe-webgpu",
  "--use-webgpu-adapter=swiftshader",
  "--enable-features=Vulkan",
];

/** Runs something on the page of the bundle, in a browser without a window. */
async function withPage(use: (page: BrowserPage) => Promise<void>): Promise<void> {
  const bundled = await bundle(fileOf("../support/browser_page.ts"));
  assert("code" in bundled, "error" in bundled ? bundled.error : "");
  const browser = await chromium.launch({ executablePath: BROWSER!, args: FLAGS });
  try {
    const tab = await browser.newPage();
    const errors: string[] = [];
    tab.on("pageerror", (error) => errors.push(error.message));
    // WebGPU is there only on pages of a secure origin, which localhost is.
    await tab.route("**/*", (route) => route.fulfill({ contentType: "text/html", body: "" }));
    await tab.goto("http://localhost/");
    await tab.addScriptTag({ content: bundled.code, type: "module" });
    await tab.waitForFunction("globalThis.page").catch((error) => {
      throw new Error(errors.join("\n") || String(error));
    });
    const ask = (call: string) => tab.evaluate(`page.${call}`) as Promise<never>;
    await use({ gpu: () => ask("gpu()"), run: (name) => ask(`run(${JSON.stringify(name)})`) });
    assert.deepEqual(errors, []);
  } finally {
    await browser.close();
  }
}

Deno.test({
  name: "webgpu runs in a browser as in Deno: rollouts and gradients (needs Chromium, deno bundle)",
  ignore: BROWSER === undefined || !await canBundle(),
  sanitizeOps: false, // the browser's driver keeps a pipe open
  sanitizeResources: false,
  fn: async () => {
    await withPage(async (page) => {
      const gpu = await page.gpu();
      assert(gpu !== null, "the browser has no WebGPU");
      for (const name of ["a grid of no whole tile", "a grid narrower than its kernel"]) {
        const results = await page.run(name);
        const arrays = results.map(([what, values]) => [what, new Float32Array(values)] as const);
        await assertEqualsOps(EXAMPLES[name]!, new Map(arrays));
      }
    });
  },
});

Deno.test("webgpu's modules call nothing of Deno, Node or files", async () => {
  const folder = fileOf("../../../lib/rollout/webgpu");
  const seen: string[] = [];
  const check = async (path: string) => {
    for await (const { name, isDirectory } of Deno.readDir(path)) {
      const file = join(path, name);
      if (isDirectory) {
        await check(file);
        continue;
      }
      const text = await Deno.readTextFile(file);
      assert.doesNotMatch(text, /\bDeno\.|"node:|\bprocess\.|"@std\//, file);
      seen.push(name);
    }
  };
  await check(folder);
  assert(seen.includes("webgpu_engine.ts") && seen.includes("update.ts"));
});

/**
 * Takes the pictures of docs/live.md in a real browser: half of the gland is erased after 20 steps, and
 * the run goes on. On a laptop, on a phone in dark colours, and on a projector; and of the whole volume in
 * three planes.
 *
 *     deno run -A docs/draw_live.ts
 *
 * The variable CHROMIUM names the browser.
 *
 * @module
 */

import { join } from "@std/path";
import { type BrowserContextOptions, chromium, type Page } from "playwright-core";
import { answerFile, buildSite, HEADERS } from "../lib/live/build_site.ts";
import { temporaryFolder } from "../lib/support/temporary_folder.ts";

const SCREENS: Readonly<Record<string, BrowserContextOptions>> = {
  "live.png": { viewport: { width: 1280, height: 760 } },
  "live_projector.jpg": { viewport: { width: 1920, height: 1080 } },
  "live_phone.jpg": {
    ...{ viewport: { width: 390, height: 844 }, deviceScaleFactor: 2, colorScheme: "dark" },
    ...{ hasTouch: true, isMobile: true },
  },
};

using site = temporaryFolder();
await buildSite(site.path);
await using server = Deno.serve(
  { hostname: "127.0.0.1", port: 0, onListen: () => {} },
  (request) => answerFile(request, site.path, HEADERS),
);
const browser = await chromium.launch({
  executablePath: Deno.env.get("CHROMIUM") ?? "/usr/bin/chromium",
  // For the three planes, a program draws
  args: ["--no-sandbox", "--use-angle=swiftshader", "--enable-unsafe-swiftshader"],
});
const address = `http://127.0.0.1:${server.addr.port}/?backend=threads`;
try {
  for (const [name, options] of Object.entries(SCREENS)) {
    const page = await open(options);
    const path = pathOf(name);
    const dice = [await goTo(page, 20)];
    await eraseHalf(page);
    dice.push(await goTo(page, 20), await goTo(page, 60));
    await page.screenshot(name.endsWith("jpg") ? { path, type: "jpeg", quality: 75 } : { path });
    console.log(`${name}: ${dice.join(", then ")}`);
    await page.context().close();
  }
  await drawPlanes();
} finally {
  await browser.close();
}

function pathOf(name: string): string {
  return join(import.meta.dirname!, "images", name);
}

async function open(options: BrowserContextOptions): Promise<Page> {
  const context = await browser.newContext({ reducedMotion: "reduce", ...options });
  const page = await context.newPage();
  await page.goto(address);
  await page.locator("#where", { hasText: "Step 60" }).waitFor();
  return page;
}

/** Segments the volume and opens the three planes. */
async function drawPlanes(): Promise<void> {
  const page = await open({ viewport: { width: 1320, height: 900 } });
  await page.getByRole("button", { name: "Segment the whole volume" }).click();
  await page.getByRole("button", { name: "Save the mask" }).waitFor();
  await page.getByText("Three planes and 3D").click();
  await page.locator("#planes[data-layers='2']").waitFor();
  await page.waitForTimeout(3000); // it draws in later frames
  const path = pathOf("live_planes.jpg");
  await page.locator("#planes").screenshot({ path, type: "jpeg", quality: 85 });
}

/** Goes to a step and reads what the page says of it. */
async function goTo(page: Page, step: number): Promise<string> {
  await page.locator("#step").fill(String(step));
  const where = page.locator("#where", { hasText: `Step ${step}` });
  await where.waitFor();
  await page.waitForTimeout(1000); // Dice follows the picture
  return (await where.textContent())!;
}

/** Leads a broad eraser over the upper half of the gland. */
async function eraseHalf(page: Page): Promise<void> {
  await page.locator("#radius").fill("12");
  await page.locator("#view").scrollIntoViewIfNeeded();
  const { x, y, width, height } = (await page.locator("#view").boundingBox())!;
  await page.mouse.move(x + 0.36 * width, y + 0.3 * height);
  await page.mouse.down();
  await page.mouse.move(x + 0.64 * width, y + 0.3 * height, { steps: 4 });
  await page.mouse.up();
  await page.waitForTimeout(1000);
}

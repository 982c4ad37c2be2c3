/** The page as it is built, from a plain static host, in a real browser. */

import axe from "axe-core";
import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { basename, join } from "@std/path";
import { decode } from "fast-png";
import { unzipSync } from "fflate";
import type { Browser, Page } from "playwright-core";
import { initBackend } from "../../lib/backend.ts";
import { predictFiles } from "../../lib/evaluation/predict_files.ts";
import { loadModel } from "../../lib/live/load_model.ts";
import { listInputs } from "../../lib/slices/discovery/dicom_case.ts";
import { type ImageList, listImages } from "../../lib/slices/discovery/list_images.ts";
import { canBundle } from "../support/bundle.ts";
import { runPython } from "../../tasks/support/python.ts";
import { inFolder } from "../support/in_folder.ts";
import { DICOM, dicom, EXAMPLE, modelFiles, PARTS, ROOT } from "./support/files.ts";
import { nibabel, WITH_NIBABEL } from "./support/nibabel.ts";
import { BROWSER, Host, settled, type Tab, type TabOptions, withTab } from "./support/site.ts";

/** One build for all tests; undefined where there is no browser or no bundler. */
const host = BROWSER !== undefined && await canBundle() ? await Host.start() : undefined;

/** Without a service worker, and so on one thread: it opens faster. */
const PLAIN: TabOptions = { isPlain: true };

/** What a test of the page needs. */
interface PageOptions extends TabOptions {
  readonly query?: string;
  /** Beside a browser. Default: nothing. */
  readonly needs?: { readonly program: string; readonly isThere: boolean };
}

/** A test with a page that is open, on which nothing may go wrong. */
function pageTest(
  name: string,
  use: (tab: Tab) => Promise<void>,
  { query = "", needs, ...options }: PageOptions = {},
): void {
  const others = needs === undefined ? "" : `, ${needs.program}`;
  Deno.test({
    name: `the live page ${name} (needs Chromium, deno bundle${others})`,
    ignore: host === undefined || needs?.isThere === false,
    sanitizeOps: false, // the browser's driver keeps a pipe open
    sanitizeResources: false,
    fn: () =>
      withTab(host!.address + query, async (tab) => {
        await use(tab);
        assert.deepEqual(tab.errors, []);
        const foreign = tab.requests.filter((url) =>
          !url.startsWith(host!.address) && !url.startsWith("blob:")
        );
        assert.deepEqual(foreign, [], "nothing but its own files is asked for");
      }, options),
  });
}

/** Waits until something holds on the page, whose policy forbids Playwright's own way to. */
async function until(page: Page, expression: string): Promise<void> {
  for (const end = Date.now() + 20_000; Date.now() < end;) {
    if (await page.evaluate(expression)) return;
    await page.waitForTimeout(50);
  }
  assert.fail(`It never came true: ${expression}`);
}

/** Waits for a step, and gives its Dice score. */
async function diceAt(page: Page, step: number): Promise<number> {
  const where = page.locator("#where", { hasText: `Step ${step}:` });
  await where.waitFor();
  return Number(/Dice ([\d.]+)/.exec((await where.textContent())!)![1]);
}

async function goTo(page: Page, step: number): Promise<number> {
  await page.locator("#step").fill(String(step));
  return await diceAt(page, step);
}

/** Drops a file on the page. */
async function drop(page: Page, path: string): Promise<void> {
  const [name, bytes] = [basename(path), (await Deno.readFile(path)).toBase64()];
  await page.evaluate(`
    const files = new DataTransfer();
    files.items.add(new File([Uint8Array.fromBase64("${bytes}")], "${name}"));
    document.body.dispatchEvent(new DragEvent("drop", { dataTransfer: files, bubbles: true }));
  `);
}

/** Saves the mask as a user does. */
async function saveMask(page: Page, name: RegExp): Promise<Uint8Array> {
  const button = page.getByRole("button", { name: "Save the mask" });
  const [download] = await Promise.all([page.waitForEvent("download"), button.click()]);
  assert.match(download.suggestedFilename(), name);
  return await Deno.readFile(await download.path());
}

/** The bytes of the mask that predict makes of the only case. */
async function predicted({ cases }: ImageList): Promise<Uint8Array> {
  return await inFolder(async (out) => {
    const backend = await initBackend({ backend: "wasm", threads: 1 });
    const { model, inputs, postprocess, config } = await loadModel(await modelFiles());
    await predictFiles({
      ...{ models: [{ model, inputs }], weights: [EXAMPLE], out, postprocess, sources: cases },
      ...{ probabilities: false, overwrite: false, force: true },
      ...{ doubt: "entropy_one_run", temperatures: null },
      ...{ batchSize: 4, seed: config.seed, samples: 1 },
    });
    model.dispose();
    backend.dispose();
    return await Deno.readFile(join(out, `${cases[0]!.id}.nii.gz`));
  });
}

/** Leads the mouse over the picture, in parts of it. */
async function drag(page: Page, ...places: [x: number, y: number][]): Promise<void> {
  const view = page.locator("#view");
  await view.scrollIntoViewIfNeeded();
  const { x, y, width, height } = (await view.boundingBox())!;
  for (const [i, place] of places.entries()) {
    await page.mouse.move(x + place[0] * width, y + place[1] * height, { steps: 4 });
    if (i === 0) await page.mouse.down();
  }
  await page.mouse.up();
}

pageTest(
  "opens and plays to the last step, on threads, from a host without headers",
  async (tab) => {
    const { page } = tab;
    assert.ok(await diceAt(page, 60) > 0.9);
    await page.getByRole("button", { name: "Play" }).waitFor();
    assert.equal(await page.evaluate("crossOriginIsolated"), true);
    await page.getByText("Diagnostics").click();
    const threads = navigator.hardwareConcurrency > 1
      ? /threads \(.*, \d+ threads\)/
      : /1 thread\)/;
    assert.match((await page.locator("#diagnostics").textContent())!, threads);
    // What the policy forbids, each in the way in which it is tried
    const forbidden = await page.evaluate(`(async () => {
      const seen = [];
      addEventListener("securitypolicyviolation", (event) => seen.push(event.effectiveDirective));
      const add = (tag, settings) => document.body.append(
        Object.assign(document.createElement(tag), settings),
      );
      const other = "http://127.0.0.1:1/";
      await fetch(other).catch(() => {});
      add("script", { textContent: "never" });
      add("img", { src: other });
      add("link", { rel: "stylesheet", href: other });
      add("iframe", { src: other });
      add("base", { href: other });
      try { new Worker("data:text/javascript,0"); } catch {}
      await new Promise((resolve) => setTimeout(resolve, 300));
      return [...new Set(seen)].sort().join();
    })()`);
    assert.equal(
      forbidden,
      "base-uri,connect-src,frame-src,img-src,script-src-elem,style-src-elem,worker-src",
    );
    tab.errors.length = 0;
    const asked = tab.requests.splice(0);
    tab.requests.push(...asked.filter((url) => url !== "http://127.0.0.1:1/"));
  },
);

pageTest("heals half of the gland when it is erased in the coarse stage", async ({ page }) => {
  const [whole, last] = [await goTo(page, 20), await goTo(page, 60)];
  await goTo(page, 20);
  await page.locator("#radius").fill("12");
  await drag(page, [0.36, 0.3], [0.64, 0.3]); // its upper half
  await until(
    page,
    `Number(/Dice ([\\d.]+)/.exec(document.querySelector("#where").textContent)[1]) < ${whole} ` +
      "- 0.1",
  );
  const wounded = await diceAt(page, 20);
  assert.ok(wounded < 0.75, `${wounded} after ${whole}`);
  const healed = await goTo(page, 60);
  assert.ok(healed > 0.88, `healed to ${healed}, ${last} without the wound`);
  // The address is the situation: another opens it
  await until(page, "/step=60&strokes=erase.20.12./.test(location.hash)");
  const address = page.url();
  const other = await page.context().newPage();
  await other.goto(host!.address);
  await settled(other);
  await other.goto(address); // in the same tab
  assert.equal(await diceAt(other, 60), healed);
  await other.goto(`${host!.address}#case=prostate_04&slice=99&step=60`);
  await other.locator("#status", { hasText: "prostate_04 is open, 7 slices" }).waitFor();
  await diceAt(other, 60);
  assert.equal(await other.locator("output[for=slice]").textContent(), "7", "the last one");
  await page.getByRole("button", { name: "Undo" }).click();
  await page.locator("#where", { hasText: `Dice ${last.toFixed(3)}` }).waitFor();
});

pageTest("is used with the keyboard alone, and does not move by itself", async ({ page }) => {
  await diceAt(page, 60);
  assert.equal(await page.locator("#play").textContent(), "Play");
  await page.locator("#view").focus();
  for (const key of ["Shift+ArrowLeft", "ArrowUp", "Enter"]) await page.keyboard.press(key);
  // From the middle of 80 × 80 five to the left and one up; the grid's rows run to the right and its
  // columns to the front
  await until(page, "location.hash.includes('strokes=erase.60.6.40.44')");
  await page.keyboard.press("Control+z");
  await until(page, "!location.hash.includes('strokes')");
  await page.locator("#view").click({ button: "right" });
  assert.equal(await page.locator("#undo").isDisabled(), true, "only the left button draws");
  await page.keyboard.press(".");
  await diceAt(page, 61);
  assert.match((await page.locator("#where").textContent())!, /fine 21, beyond its training/);
  await page.keyboard.press(",");
  await diceAt(page, 60);
  assert.match((await page.locator("#where").textContent())!, /fine 20 of 20/);
  await page.locator("#radius").focus(); // a slider has arrow keys of its own
  await page.keyboard.press(".");
  await diceAt(page, 61);
  await page.locator("#view").focus();
  await page.keyboard.press(" ");
  await page.getByRole("button", { name: "Pause" }).waitFor();
  await page.keyboard.press("Home");
  await page.locator("#where", { hasText: /^Step 0: coarse 0 of 40/ }).waitFor();
}, { ...PLAIN, reducedMotion: "reduce" });

pageTest("shows every channel, sliders and ten runs", async ({ page }) => {
  const before = await goTo(page, 60);
  await page.getByLabel("On the grid").selectOption("5");
  await page.locator("#scale-low", { hasText: /^−[\d.]+$/ }).waitFor();
  const scale = async () => await page.locator("#scale-low, #scale-high").allTextContents();
  const [low, high] = await scale();
  assert.equal(low, `−${high}`);
  await page.getByLabel(/^Noise/).fill("0.3");
  await until(
    page,
    `!document.querySelector("#where").textContent.includes("Dice ${before.toFixed(3)}")`,
  );
  assert.equal(await page.locator("output[for=noise]").textContent(), "30 %");
  await page.getByRole("button", { name: "Other cells fire" }).click();
  await page.getByLabel(/^Coarse/).fill("30");
  await page.getByLabel(/^Fine/).fill("12");
  await page.locator("#where", { hasText: "Step 60: fine 30, beyond" }).waitFor();
  await until(page, `location.hash === "#seed=1&steps=30%2C12&noise=0.3&step=60&show=5"`);
  await page.getByRole("button", { name: "Run it ten times" }).click();
  const text = await page.locator("#quality", { hasText: "metric" }).textContent();
  const quality = Number(/quality metric ([\d.]+)/.exec(text!)![1]);
  assert.ok(quality > 0 && quality < 2, text!);
  assert.equal(await page.getByLabel("On the grid").inputValue(), "deviation");
  await page.locator("#scale-high", { hasText: "0.5" }).waitFor();
  assert.deepEqual(await scale(), ["0", "0.5"]);
  const map = page.locator("#show option[value=deviation]");
  assert.equal(await map.count(), 1);
  await page.getByLabel(/^Slice/).fill("2");
  assert.deepEqual([await map.count(), await page.locator("#quality").isVisible()], [0, false]);
  await page.getByRole("button", { name: "Start over" }).click();
  await until(page, `location.hash === "#slice=2&step=60"`);
}, PLAIN);

pageTest("gives the mask that predict gives, for a file of the user", async ({ page }) => {
  const image = join(ROOT, "data.example/imagesTs/prostate_12.nii.gz");
  await drop(page, image);
  await page.locator("#status", { hasText: "prostate_12 is open, 7 slices" }).waitFor();
  await page.evaluate(`{
    const bar = document.getElementById("progress");
    globalThis.shares = [];
    new MutationObserver(() => shares.push(bar.value)).observe(bar, { attributeFilter: ["value"] });
  }`);
  await page.getByRole("button", { name: "Segment the whole volume" }).click();
  const save = () => saveMask(page, /^prostate_12\.nii\.gz$/);
  const mask = await save();
  const sevenths = await page.evaluate<number[]>("shares.map((share) => 7 * share)");
  assert.deepEqual(sevenths, sevenths.toSorted((a, b) => a - b));
  assert.ok(sevenths.length > 1 && sevenths.at(-1) === 7, sevenths.join());
  assert.ok(sevenths.every((slices) => Math.abs(slices - Math.round(slices)) < 1e-6));
  const volume = page.locator("#volume");
  const before = (await volume.textContent())!;
  assert.match(before, /^foreground: [\d.]+ ml$/);
  await drag(page, [0.1, 0.1], [0.3, 0.1]);
  await until(page, `document.querySelector("#volume").textContent !== "${before}"`);
  assert.notDeepEqual(await save(), mask);
  await page.getByRole("button", { name: "Undo" }).click();
  await volume.getByText(before).waitFor();
  assert.deepEqual(await save(), mask);
  assert.deepEqual(mask, await predicted(await listImages(image, [])));
});

pageTest("takes DICOM, asks for the series, and gives the mask that predict gives", async (tab) => {
  const { page, requests } = tab;
  const lazy = () => requests.filter((url) => /converter|dcm2niix|dcmjs/.test(url));
  assert.deepEqual(lazy(), []);
  const alert = page.getByRole("alert");
  await inFolder(async (folder) => {
    // A folder in the folder, as scanners write it
    await Deno.mkdir(join(folder, "a/b"), { recursive: true });
    await Deno.writeTextFile(join(folder, "a/notes.txt"), "no image");
    for (const [i, bytes] of Object.values(unzipSync(await dicom("missing"))).entries()) {
      await Deno.writeFile(join(folder, "a/b", `IM${i}`), bytes);
    }
    await page.locator("#folder").setInputFiles(join(folder, "a"));
    await alert.getByText("Cannot read series 3: 1 slice seems to be missing").waitFor();
  });
  await drop(page, join(DICOM, "two_series.zip"));
  await alert.getByRole("button", { name: "3: 5 slices, MR T2" }).waitFor();
  await alert.getByRole("button", { name: "4: 3 slices, MR DWI" }).click();
  await page.locator("#status", { hasText: /series_4_\w{8} is open, 3 slices/ }).waitFor();
  assert.ok(lazy().length > 0);
  await page.getByRole("button", { name: "Segment the whole volume" }).click();
  const mask = await saveMask(page, /^series_4_\w{8}\.nii\.gz$/);
  assert.deepEqual(mask, await predicted(await listInputs(join(DICOM, "two_series.zip"), [], "4")));
}, PLAIN);

/** The pixels of a picture that are orange and blue, the first classes; an image is grey. */
async function maskPixels(page: Page, canvas: string): Promise<[orange: number, blue: number]> {
  const { data, channels } = decode(await page.locator(canvas).screenshot());
  const count: [number, number] = [0, 0];
  for (let i = 0; i < data.length; i += channels) {
    const [red, green, blue] = data.subarray(i);
    // The crosshair is red, without green
    if (red! > blue! + 60 && green! > blue! + 30) count[0]++;
    if (blue! > red! + 30 && green! > red! + 10) count[1]++;
  }
  return count;
}

/** Waits until there are more than some pixels of a class in three planes: it draws in later frames. */
async function pixelsAbove(page: Page, code: 0 | 1, least: number): Promise<[number, number]> {
  for (const end = Date.now() + 20_000; Date.now() < end;) {
    const count = await maskPixels(page, "#niivue");
    if (count[code] > least) return count;
    await page.waitForTimeout(200);
  }
  assert.fail(`never more than ${least} pixels of the mask`);
}

/** Checks the page's accessibility in light and dark colours. */
async function checkAccess(page: Page): Promise<void> {
  await page.evaluate(axe.source);
  const grounds: unknown[] = [];
  for (const colorScheme of ["light", "dark"] as const) {
    await page.emulateMedia({ colorScheme });
    const { violations } = await page.evaluate("axe.run()") as axe.AxeResults;
    const found = violations.map(({ id, nodes }) => `${id}: ${nodes.map((n) => n.html)}`);
    assert.deepEqual(found, [], colorScheme);
    grounds.push(await page.evaluate("getComputedStyle(document.body).backgroundColor"));
  }
  assert.notEqual(grounds[0], grounds[1]);
}

const IN_3D = {
  flags: ["--use-gl=angle", "--use-angle=swiftshader", "--enable-unsafe-swiftshader"],
  ...PLAIN,
  viewport: { width: 800, height: 600 }, // a program draws
};

pageTest(
  "shows a volume in three planes and 3D, with its mask and its corrections",
  async (tab) => {
    const { page, requests } = tab;
    const loaded = () => requests.filter((url) => url.includes("niivue")).length;
    await goTo(page, 60);
    assert.equal(loaded(), 0);
    await page.getByText("Three planes and 3D").click();
    await page.locator("#planes[data-layers='1']").waitFor();
    assert.ok(loaded() > 0);
    assert.deepEqual(await maskPixels(page, "#niivue"), [0, 0]);
    await page.getByRole("button", { name: "Segment the whole volume" }).click();
    await page.locator("#planes[data-layers='2']").waitFor();
    const [before] = await pixelsAbove(page, 0, 1000);
    await checkAccess(page);
    const text = await page.locator("#volume").textContent();
    await page.locator("#radius").fill("20");
    await drag(page, [0.2, 0.2], [0.8, 0.2], [0.8, 0.3], [0.2, 0.3]);
    await until(page, `document.querySelector("#volume").textContent !== "${text}"`);
    await pixelsAbove(page, 0, before + 200);
    // A picture has one plane
    const png = await Deno.readFile(join(ROOT, "docs/images/live.png"));
    await page.locator("#files").setInputFiles({
      ...{ name: "a.png", mimeType: "image/png", buffer: Buffer.from(png) },
    });
    await page.getByRole("button", { name: "Use it anyway" }).click();
    await page.getByRole("alert").getByText("Only volumes have three planes.").waitFor();
  },
  IN_3D,
);

pageTest(
  "draws each class in its own colour, and saves its value",
  async ({ page }) => {
    await page.getByText("Three planes and 3D").click();
    const settings = JSON.parse(await Deno.readTextFile(join(PARTS, "slices.json")));
    for (const [i, value] of [4, 7].entries()) settings.targets.classes[i].values = [value];
    const files = await modelFiles(PARTS);
    files.set("slices.json", new TextEncoder().encode(JSON.stringify(settings)));
    await page.locator("#files").setInputFiles(
      Array.from(files, ([name, bytes]) => ({ name, mimeType: "", buffer: Buffer.from(bytes) })),
    );
    await page.getByRole("alert").getByText("This model has 7390 parameters").waitFor();
    await inFolder(async (folder) => {
      await runPython(nibabel!, [WITH_NIBABEL, "tube", folder]);
      await drop(page, join(folder, "tube.nii.gz"));
      await page.locator("#status", { hasText: "tube is open" }).waitFor();
      await page.getByRole("button", { name: "Segment the whole volume" }).click();
      await page.locator("#planes[data-layers='2']").waitFor();
      const mask = join(folder, "mask.nii.gz");
      await Deno.writeFile(mask, await saveMask(page, /^tube\.nii\.gz$/));
      const told = await runPython(nibabel!, [WITH_NIBABEL, "count", mask]);
      const { 4: front, 7: back, ...others }: Record<number, number[]> = JSON.parse(told);
      assert.deepEqual(others, {});
      const sum = (counts: number[]) => counts.reduce((a, b) => a + b);
      const ml = (counts: number[]) => `${(sum(counts) / 1000).toFixed(2)} ml`;
      assert.equal(
        await page.locator("#volume").textContent(),
        `Anterior: ${ml(front!)}; Posterior: ${ml(back!)}`,
      );
      const both = front!.map((count, i) => Math.min(count, back![i]!));
      const slice = both.indexOf(Math.max(...both));
      await page.getByLabel(/^Slice/).fill(String(slice));
      await page.locator("#where", { hasText: `Slice ${slice + 1} of` }).waitFor();
      const [orange, blue] = await maskPixels(page, "#view");
      // Each pixel of the slice is as large on the screen
      const ratio = orange * back![slice]! / (blue * front![slice]!);
      assert.ok(both[slice]! > 20 && Math.abs(ratio - 1) < 0.05, `${orange} and ${blue} pixels`);
      // In three planes, which go through the middle
      const before = await pixelsAbove(page, 1, 100);
      assert.ok(before[0] > 100, `${before}`);
      await page.getByLabel(/^Slice/).fill("24");
      await page.getByLabel("The pen draws").selectOption("Posterior");
      await page.locator("#where", { hasText: "Slice 25 of" }).waitFor();
      await drag(page, [0.1, 0.1], [0.9, 0.1]);
      const after = await pixelsAbove(page, 1, before[1] + 200);
      assert.ok(after[0] <= before[0], `${before}, then ${after}`);
      // The threads of the model before still run
      assert.ok(!(await page.locator("#message").textContent())!.includes("stopped"));
    });
  },
  {
    ...IN_3D,
    isPlain: false,
    reducedMotion: "reduce",
    needs: { program: "nibabel", isThere: nibabel !== undefined },
  },
);

pageTest("says what is wrong with a file, and takes a model's files", async ({ page }) => {
  const alert = page.getByRole("alert");
  const give = (name: string, content: string) =>
    page.locator("#files").setInputFiles({
      ...{ name, mimeType: "", buffer: Buffer.from(content) },
    });
  await give("notes.txt", "a");
  await alert.getByText("notes.txt is neither .nii, .nii.gz nor .png").waitFor();
  await page.setViewportSize({ width: 390, height: 600 });
  await page.locator("#files").scrollIntoViewIfNeeded();
  await give("a.nii", "not a volume at all");
  await alert.getByText(/^Cannot read volume: .*: a\.nii$/).waitFor();
  await alert.getByText("Volumes are .nii or .nii.gz files").waitFor();
  const { y, height } = (await alert.boundingBox())!;
  assert.ok(y >= 0 && y + height <= 600, `seen from ${y}, ${height} high`);
  await page.evaluate(
    "for (const id of ['segment', 'cancel']) document.getElementById(id).click()",
  );
  await until(page, "document.querySelector('#cancel').hidden");
  assert.deepEqual([await alert.isVisible(), await page.locator("#result").isVisible()], [
    ...[false, false],
  ]);
  await give("config.json", "{}");
  await alert.getByText("model1.safetensors, model2.safetensors, slices.json missing").waitFor();
  await give("scan.zip", "cut");
  await alert.getByText(/^Cannot read DICOM: .*: scan\.zip$/).waitFor();
  // What takes long is announced
  const worker = page.workers().findLast((each) => each.url().endsWith("/worker.js"))!;
  const busy = worker.evaluate("for (const end = Date.now() + 1500; Date.now() < end;);");
  await give("b.nii", "");
  await alert.getByText("Opening b.nii …").waitFor();
  await busy;
  await alert.getByText("Cannot read volume: it is empty: b.nii").waitFor();
  await give("model1.safetensors", "half a model");
  await alert.getByText("model2.safetensors, config.json, slices.json missing").waitFor();
  await goTo(page, 59); // what was open still runs
  await inFolder(async (folder) => {
    // A run with its last epoch in a folder, which is not wanted, and what a system left there
    await Deno.mkdir(join(folder, "last"));
    for (const [name, bytes] of await modelFiles(PARTS)) {
      await Deno.writeFile(join(folder, name), bytes);
      await Deno.writeTextFile(join(folder, "last", name), "not the best");
    }
    await Deno.writeTextFile(join(folder, ".hidden.nii"), "no volume");
    await page.locator("#folder").setInputFiles(folder);
    await alert.getByText("This model has 7390 parameters").waitFor();
  });
  assert.equal(await page.locator("#where").textContent(), "");
  assert.equal(await page.locator("#case").inputValue(), "");
  await page.locator("#view").click(); // nothing is there to be touched
  await page.getByLabel(/^Noise/).fill("0.3");
  await alert.getByText("This model has 7390 parameters").waitFor();
}, PLAIN);

pageTest("drops its own earlier version when there is another", async ({ page }) => {
  await page.evaluate("navigator.serviceWorker.ready");
  const names = async () => (await page.evaluate("caches.keys()") as string[]).sort();
  const [own] = await names() as [string];
  assert.match(own, /^med-nca http.*\/page\/ [0-9a-f]{16}$/);
  const other = own.replace("/page/", "/page/another/");
  await page.evaluate(`caches.open("${other}")`);
  await host!.renew();
  await page.evaluate("navigator.serviceWorker.ready.then((found) => found.update())");
  const now = [own.replace(/\w+$/, "next"), other].sort();
  await until(page, `caches.keys().then((names) => names.sort().join() === "${now}")`);
});

pageTest("tells where it runs, where there is no GPU", async ({ page }) => {
  await diceAt(page, 60);
  await page.getByText("Diagnostics").click();
  const shown = page.locator("#diagnostics");
  await shown.getByText("backend:").waitFor();
  const text = (await shown.textContent())!;
  const several = navigator.hardwareConcurrency > 1;
  const facts = [
    `backend: threads \\(fused kernels on the CPU, \\d+ thread${several ? "s" : ""}\\)`,
    "  WebGPU did not start: Cannot run on webgpu: no GPU was found",
    "isolated: true; shared memory: true; relaxed SIMD: (true|false)",
    `WebGPU: (true|false); cores: ${navigator.hardwareConcurrency}`,
    "model: 7390 parameters, 16 channels, 40 \\+ 20 steps, fire rate 0.5",
    "browser: Mozilla.* HeadlessChrome/.*",
    "screen: 1366×768, 1 pixels a point",
  ];
  assert.match(text, new RegExp(`^${facts.join("\n")}$`));
  await page.context().grantPermissions(["clipboard-read", "clipboard-write"]);
  await page.getByRole("button", { name: "Copy" }).click();
  await until(
    page,
    `navigator.clipboard.readText().then((copied) =>
    copied === document.querySelector("#diagnostics").textContent)`,
  );
}, { query: "?backend=webgpu" });

pageTest("works without a network, after it was open once", async ({ page, errors }) => {
  await page.evaluate("navigator.serviceWorker.ready");
  host!.isUp = false;
  try {
    await page.reload();
    await settled(page);
    await page.goto(`${host!.address}?backend=wasm`); // never asked for before
    await settled(page);
    assert.ok(await diceAt(page, 60) > 0.9);
    const kept: string[] = await page.evaluate(`caches.keys()
      .then(([name]) => caches.open(name)).then((cache) => cache.keys())
      .then((requests) => requests.map(({ url }) => url))`);
    const names = kept.map((url) => url.slice(host!.address.length));
    assert.ok(
      ["", "page.js", "kernels-16-64.wasm", "cases/prostate_02.nii.gz"].every((name) =>
        names.includes(name)
      ),
    );
    assert.deepEqual(names.filter((name) => /dcm|niivue|converter/.test(name)), []);
    // What was never used is not there, and this is said
    await page.getByText("Three planes and 3D").click();
    await page.getByRole("alert").getByText(/^Cannot load niivue.packed: /).waitFor();
    errors.length = 0;
  } finally {
    host!.isUp = true;
  }
}, { query: "?backend=threads" });

pageTest("goes on on the CPU where the GPU is lost", async ({ page, browser }) => {
  await page.getByText("Diagnostics").click();
  const told = page.locator("#diagnostics");
  await told.getByText("backend: webgpu").waitFor();
  const cdp = await browser.newBrowserCDPSession();
  await cdp.send("Browser.crashGpuProcess" as never);
  await goTo(page, 5);
  for (let click = 0; click < 2; click++) await page.getByText("Diagnostics").click();
  await told.getByText(/backend: threads[^]*WebGPU was lost/).waitFor();
}, {
  query: "?backend=webgpu",
  flags: ["--enable-unsafe-webgpu", "--use-webgpu-adapter=swiftshader", "--enable-features=Vulkan"],
});

pageTest("is drawn on with one finger, and zoomed with two", async ({ page }) => {
  const cdp = await page.context().newCDPSession(page);
  /** Leads fingers over the picture, in parts of it. */
  const touch = async (...fingers: [x0: number, y0: number, x1: number, y1: number][]) => {
    await page.locator("#view").scrollIntoViewIfNeeded();
    const { x, y, width, height } = (await page.locator("#view").boundingBox())!;
    const place = () => page.evaluate("`${scrollX} ${scrollY} ${visualViewport.scale}`");
    const before = await place();
    const send = (type: "touchStart" | "touchMove" | "touchEnd", part: number, count: number) =>
      cdp.send("Input.dispatchTouchEvent", {
        type,
        touchPoints: fingers.slice(0, count).map(([x0, y0, x1, y1], id) => ({
          id,
          x: x + (x0 + (x1 - x0) * part) * width,
          y: y + (y0 + (y1 - y0) * part) * height,
        })),
      });
    for (let count = 1; count <= fingers.length; count++) await send("touchStart", 0, count);
    for (let i = 1; i <= 6; i++) {
      await page.waitForTimeout(20); // a gesture takes time
      await send("touchMove", i / 6, fingers.length);
    }
    await send("touchEnd", 1, 0);
    if (fingers.length === 1) assert.equal(await place(), before, "it is not scrolled");
  };
  await page.locator("#radius").fill("12");
  const whole = await diceAt(page, 20);
  await touch([0.36, 0.3, 0.64, 0.3]);
  const stroke = "erase.20.12.(\\d+[.])+\\d+";
  await until(page, `/^#step=20&strokes=${stroke}$/.test(location.hash)`);
  const wounded = await diceAt(page, 20);
  assert.ok(wounded < whole - 0.1, `${wounded} after ${whole}`);
  await page.locator("#tools").getByText("brighten").tap();
  await touch([0.1, 0.6, 0.1, 0.1]);
  await until(page, `/&strokes=${stroke}_brighten.20.12.(\\d+[.])+\\d+$/.test(location.hash)`);
  assert.ok(await goTo(page, 60) > wounded);
  // The pen
  await page.getByRole("button", { name: "Segment the whole volume" }).tap();
  await page.locator("#where", { hasText: "of the segmented volume" }).waitFor();
  const text = await page.locator("#volume").textContent();
  await touch([0.3, 0.2, 0.4, 0.2]);
  await until(page, `document.querySelector("#volume").textContent !== "${text}"`);
  await page.getByRole("button", { name: "Undo" }).tap();
  await page.locator("#volume").getByText(text!).waitFor();
  await touch([0.4, 0.2, 0.1, 0.2], [0.6, 0.2, 0.9, 0.2]);
  await until(page, "visualViewport.scale > 1.5");
  await page.waitForTimeout(200);
  assert.equal(await page.locator("#volume").textContent(), text);
}, {
  query: "#step=20",
  ...{
    viewport: { width: 390, height: 844 },
    deviceScaleFactor: 3,
    hasTouch: true,
    isMobile: true,
  },
});

/** Ends a worker of the page as a browser does that needs its memory. */
async function endWorker(page: Page): Promise<void> {
  const worker = page.workers().findLast((each) => each.url().endsWith("/worker.js"))!;
  await worker.evaluate("close()").catch(() => {}); // it gives no answer
}

/** Ends a thread of the engine, which never waits for messages. */
async function endThread(browser: Browser): Promise<void> {
  const cdp = await browser.newBrowserCDPSession();
  const { targetInfos } = await cdp.send("Target.getTargets", { filter: [{}] });
  const { targetId } = targetInfos.find(({ url }) => url.endsWith("/thread.js"))!;
  const { sessionId } = await cdp.send("Target.attachToTarget", { targetId });
  const send = (id: number, method: string, params = {}) =>
    cdp.send("Target.sendMessageToTarget", {
      ...{ sessionId, message: JSON.stringify({ id, method, params }) },
    });
  await send(1, "Runtime.evaluate", { expression: "close()" });
  await send(2, "Runtime.terminateExecution");
}

pageTest("starts its worker again, with all that was drawn", async ({ page, browser, errors }) => {
  const alert = page.getByRole("alert");
  const again = alert.getByText("It was started again, with all that was open and drawn.");
  const end = async (act: () => Promise<unknown>, why: string) => {
    await act();
    await alert.getByText(`The part of the page that computes has stopped: ${why}`).waitFor();
    await again.waitFor();
    await page.evaluate("document.querySelector('#message').hidden = true");
  };
  const wounded = await diceAt(page, 60);
  if (navigator.hardwareConcurrency > 1) {
    await end(() => endThread(browser), "the browser ended it");
    await goTo(page, 59);
    assert.equal(await goTo(page, 60), wounded);
  }
  await page.getByRole("button", { name: "Segment the whole volume" }).click();
  const save = () => saveMask(page, /^prostate_07\.nii\.gz$/);
  const mask = await save();
  const volume = page.locator("#volume");
  const before = (await volume.textContent())!;
  await drag(page, [0.1, 0.1], [0.3, 0.1]);
  await until(page, `document.querySelector("#volume").textContent !== "${before}"`);
  const corrected = await save();
  await end(() => endWorker(page), "the browser ended it");
  assert.deepEqual(await save(), corrected);
  await page.getByRole("button", { name: "Undo" }).click();
  await volume.getByText(before).waitFor();
  assert.deepEqual(await save(), mask);
  await page.getByRole("button", { name: "Run it ten times" }).click();
  await page.locator("#quality").waitFor();
  await end(() => endWorker(page), "the browser ended it");
  assert.equal(await page.getByLabel("On the grid").inputValue(), "mask");
  // In the middle of its work, which is not done
  await page.getByRole("button", { name: "Run it ten times" }).click();
  await end(() => endWorker(page), "the browser ended it");
  await page.getByLabel("On the grid").selectOption("mask");
  assert.equal(await diceAt(page, 60), wounded);
  const worker = () => page.workers().findLast((each) => each.url().endsWith("/worker.js"))!;
  for (const act of ["throw new Error('one')", "Promise.reject(new Error('two'))"]) {
    await end(() => worker().evaluate(`setTimeout(() => { ${act} })`), "Uncaught Error:");
    await goTo(page, 57);
    await goTo(page, 60);
  }
  // What ends again and again is not started for ever
  await end(() => endWorker(page), "the browser ended it");
  await endWorker(page);
  const button = alert.getByRole("button", { name: "Start it again" });
  await button.waitFor();
  await button.click();
  await again.waitFor();
  await goTo(page, 58);
  errors.length = 0;
}, { query: "?backend=threads#strokes=erase.20.9.30.30.40.40&step=60" });

for (const [size, width, height] of [["laptop", 1366, 768], ["phone", 390, 844]] as const) {
  pageTest(`is for everybody, on a ${size}, in light and dark colours`, async ({ page }) => {
    await goTo(page, 60);
    await page.getByText("Diagnostics").click();
    await page.getByRole("button", { name: "Segment the whole volume" }).click();
    await page.getByRole("button", { name: /^Save/ }).waitFor();
    await checkAccess(page);
    const wide = await page.evaluate("document.documentElement.scrollWidth > innerWidth");
    assert.equal(wide, false, "nothing sticks out");
  }, { ...PLAIN, viewport: { width, height } });
}

Deno.test({
  name: "buildSite() writes less than 3 MB beside the volumes (needs deno bundle)",
  ignore: host === undefined,
  fn: async () => {
    assert.ok(await host!.size("cases") < 3e6);
  },
});

addEventListener("unload", () => host?.[Symbol.asyncDispose]());

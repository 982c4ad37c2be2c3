/**
 * The live page's figures, in a real browser: steps a second, time to the first moving picture, a
 * whole volume beside `predict`, and memory over many runs. Run it on a machine at rest:
 *
 *     deno run -A tasks/bench/live.ts [VOLUME.nii.gz]
 *
 * The volume is one for models/hippocampus. The variable CHROMIUM names the browser.
 *
 * @module
 */

import { basename, join } from "@std/path";
import { chromium, type Page } from "playwright-core";
import { answerFile, buildSite, HEADERS } from "../../lib/live/build_site.ts";
import { MODEL_FILES } from "../../lib/live/model_files.ts";
import { temporaryFolder } from "../../lib/support/temporary_folder.ts";

const ROOT = join(import.meta.dirname!, "../..");
/** Height and width of the slices that are timed. */
const SIZE = 320;
const RUNS = 9;
const MANY = 100;

const [volume] = Deno.args;
using site = temporaryFolder();
await buildSite(site.path);
await using server = Deno.serve(
  { hostname: "127.0.0.1", port: 0, onListen: () => {} },
  (request) => answerFile(request, site.path, HEADERS),
);
const address = `http://127.0.0.1:${server.addr.port}/`;
const browser = await chromium.launch({
  executablePath: Deno.env.get("CHROMIUM") ?? "/usr/bin/chromium",
  args: ["--no-sandbox", "--disable-gpu"],
});
try {
  console.log(`Chromium ${browser.version()}, ${navigator.hardwareConcurrency} cores`);
  await measureOpening();
  for (const backend of ["wasm", "threads"]) await measureSteps(backend);
  if (volume !== undefined) await measureVolume(volume);
} finally {
  await browser.close();
}

async function open(query: string): Promise<Page> {
  const context = await browser.newContext({ reducedMotion: "reduce" });
  const page = await context.newPage();
  await page.goto(address + query);
  await page.locator("#where", { hasText: "Step 60" }).waitFor();
  return page;
}

/** From the address to the second frame, when the page and its service worker are cached. */
async function measureOpening(): Promise<void> {
  const context = await browser.newContext();
  const page = await context.newPage();
  const times: number[] = [];
  for (let i = 0; i <= RUNS; i++) {
    await page.goto(address);
    await page.locator("#where", { hasText: "Step 60" }).waitFor();
    const marks = await page.evaluate(
      `performance.getEntriesByName("frame").map((mark) => mark.startTime)`,
    ) as number[];
    if (i > 0) times.push(marks[1]!);
  }
  console.log(`opening to the first moving picture: ${median(times).toFixed(0)} ms`);
  await context.close();
}

/** All steps of a slice with other cells, again and again. */
async function measureSteps(backend: string): Promise<void> {
  const page = await open(`?backend=${backend}`);
  const model = await Promise.all(MODEL_FILES.map(async (name) => {
    const text = await Deno.readFile(join(ROOT, "models/example", name));
    if (name !== "slices.json") return { name, text };
    const slices = JSON.parse(new TextDecoder().decode(text));
    const larger = { ...slices, size: [SIZE, SIZE], smallest: [SIZE, SIZE] };
    return { name, text: new TextEncoder().encode(JSON.stringify(larger)) };
  }));
  await give(page, model);
  await page.getByText("Now give an image").waitFor();
  const image = join(ROOT, "data.example/imagesTr/prostate_07.nii.gz");
  await give(page, [{ name: basename(image), text: await Deno.readFile(image) }]);
  await page.locator("#where", { hasText: "Step 60" }).waitFor();
  const again = () =>
    page.evaluate(`new Promise((resolve) => {
      const count = performance.getEntriesByName("frame").length;
      const start = performance.now();
      document.querySelector("#reseed").click();
      const wait = () => performance.getEntriesByName("frame").length > count
        ? resolve(performance.now() - start) : setTimeout(wait, 1);
      wait();
    })`) as Promise<number>;
  const times: number[] = [];
  const sizes: string[] = [];
  for (let i = 1; i <= MANY; i++) {
    times.push(await again());
    if (i === 10 || i === MANY) sizes.push(`${await memory(page)} MB after ${i} runs`);
  }
  const seconds = median(times) / 1000;
  await page.getByText("Diagnostics").click();
  const engine = (await page.locator("#diagnostics").textContent())!.split("\n")[0]!;
  console.log(
    `${engine}: ${SIZE} × ${SIZE}, ${(60 / seconds).toFixed(0)} steps a second, all 60 in ` +
      `${seconds.toFixed(3)} s (fastest ${(Math.min(...times) / 1000).toFixed(3)} s); ` +
      `memory ${sizes.join(", ")}`,
  );
  await page.context().close();
}

/** A whole volume, from the button to the mask, and `predict` with the same model. */
async function measureVolume(path: string): Promise<void> {
  const page = await open("?backend=threads");
  const folder = join(ROOT, "models/hippocampus");
  const names = [...MODEL_FILES, "postprocess.json"];
  const model = await Promise.all(names.map(async (name) => ({
    name,
    text: await Deno.readFile(join(folder, name)).catch(() => new Uint8Array()),
  })));
  await give(page, model.filter(({ text }) => text.length > 0));
  await page.getByText("Now give an image").waitFor();
  await give(page, [{ name: basename(path), text: await Deno.readFile(path) }]);
  await page.locator("#where", { hasText: "Step" }).waitFor();
  const start = performance.now();
  await page.getByRole("button", { name: "Segment the whole volume" }).click();
  await page.getByRole("button", { name: "Save the mask" }).waitFor();
  const here = (performance.now() - start) / 1000;
  using out = temporaryFolder();
  const begin = performance.now();
  await new Deno.Command(Deno.execPath(), {
    args: ["task", "-q", "predict", "--run", folder, "--image", path, "--out", out.path]
      .concat("--backend", "wasm"),
    ...{ cwd: ROOT, stdout: "null", stderr: "inherit" },
  }).output();
  const task = (performance.now() - begin) / 1000;
  console.log(
    `${basename(path)}: ${here.toFixed(2)} s; predict ${task.toFixed(2)} s, with its start`,
  );
}

async function give(page: Page, files: { name: string; text: Uint8Array }[]): Promise<void> {
  await page.evaluate(`{
    const given = new DataTransfer();
    for (const { name, text } of ${
    JSON.stringify(files.map(({ name, text }) => ({ name, text: text.toBase64() })))
  }) given.items.add(new File([Uint8Array.fromBase64(text)], name));
    document.body.dispatchEvent(new DragEvent("drop", { dataTransfer: given, bubbles: true }));
  }`);
}

/** In MB, of the page and its workers with their WebAssembly, after a collection. */
async function memory(page: Page): Promise<string> {
  const session = await page.context().newCDPSession(page);
  await session.send("HeapProfiler.collectGarbage");
  await session.detach();
  // Waits for a collection in the workers, too
  const { bytes } = await page.evaluate(
    "performance.measureUserAgentSpecificMemory()",
  ) as { bytes: number };
  return (bytes / 1e6).toFixed(0);
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1]!;
}

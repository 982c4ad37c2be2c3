import { basename, join } from "@std/path";
import { chromium, type Page } from "playwright-core";
import { answerFile, HEADERS } from "../../lib/live/build_site.ts";
import { MODEL_FILES } from "../../lib/live/model_files.ts";
const ROOT = join(import.meta.dirname!, "../..");
const browser = await chromium.launch({ executablePath: "/usr/bin/chromium", args: ["--no-sandbox", "--disable-gpu"] });
const pages: Record<string, Page> = {};
async function give(page: Page, files: { name: string; text: Uint8Array }[]) {
  await page.evaluate(`{
    const given = new DataTransfer();
    for (const { name, text } of ${JSON.stringify(files.map(({ name, text }) => ({ name, text: (text as any).toBase64() })))}) given.items.add(new File([Uint8Array.fromBase64(text)], name));
    document.body.dispatchEvent(new DragEvent("drop", { dataTransfer: given, bubbles: true }));
  }`);
}
for (const which of ["old", "new"]) {
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: () => {} }, (r) => answerFile(r, `/tmp/w/touch_site_${which}`, HEADERS));
  for (const backend of ["wasm", "threads"]) {
    const context = await browser.newContext({ reducedMotion: "reduce" });
    const page = pages[`${which} ${backend}`] = await context.newPage();
    page.on("pageerror", (e) => console.log(which, backend, e.message));
    await page.goto(`http://127.0.0.1:${server.addr.port}/?backend=${backend}`);
    await page.locator("#where", { hasText: "Step 60" }).waitFor({ timeout: 60000 });
    const model = await Promise.all(MODEL_FILES.map(async (name) => {
      const text = await Deno.readFile(join(ROOT, "models/example", name));
      if (name !== "slices.json") return { name, text };
      const slices = JSON.parse(new TextDecoder().decode(text));
      return { name, text: new TextEncoder().encode(JSON.stringify({ ...slices, size: [320, 320], smallest: [320, 320] })) };
    }));
    await give(page, model);
    await page.getByText("Now give an image").waitFor();
    const image = join(ROOT, "data.example/imagesTr/prostate_07.nii.gz");
    await give(page, [{ name: basename(image), text: await Deno.readFile(image) }]);
    await page.locator("#where", { hasText: "Step 60" }).waitFor({ timeout: 60000 });
  }
}
const times: Record<string, number[]> = {};
const end = Date.now() + Number(Deno.args[0] ?? 60) * 1000;
let n = 0;
while (Date.now() < end) {
  for (const [name, page] of Object.entries(pages)) {
    const t = await page.evaluate(`new Promise((resolve) => {
      const count = performance.getEntriesByName("frame").length;
      const start = performance.now();
      document.querySelector("#reseed").click();
      const wait = () => performance.getEntriesByName("frame").length > count ? resolve(performance.now() - start) : setTimeout(wait, 1);
      wait();
    })`) as number;
    (times[name] ??= []).push(t);
  }
  n++;
}
for (const [name, all] of Object.entries(times)) {
  const s = all.toSorted((a, b) => a - b);
  console.log(name, "fastest", s[0]!.toFixed(0), "quartile", s[s.length >> 2]!.toFixed(0), "median", s[s.length >> 1]!.toFixed(0), "n", n);
}
await browser.close();
Deno.exit(0);

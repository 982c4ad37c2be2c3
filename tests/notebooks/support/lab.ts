import { join } from "@std/path";
import { type Browser, chromium, type Page } from "playwright-core";
import { findPython } from "../../../tasks/support/python.ts";
import { makeKernelFolder, ROOT } from "./notebooks.ts";

/** A Python with JupyterLab; undefined where there is none. */
export const JUPYTERLAB = await findPython("import jupyterlab");

/** Where a browser may be. */
const BROWSERS = [
  Deno.env.get("CHROMIUM") ?? "",
  "/usr/bin/chromium",
  "/usr/bin/chromium-browser",
  "/usr/bin/google-chrome",
  "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
  "C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe",
];

/** A browser that can be driven; undefined where there is none. */
export const BROWSER = BROWSERS.find((path) => {
  try {
    return path !== "" && Deno.statSync(path).isFile;
  } catch {
    return false;
  }
});

/** So that the browser runs anywhere, and asks nobody. */
export const FLAGS = [
  "--no-sandbox",
  "--disable-gpu",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

/**
 * Opens a copy of a notebook in a JupyterLab of its own, in a real browser. The copy lies two
 * folders below the project's, where JupyterLab can save it and deno.json is still found.
 */
export async function withLab(
  name: string,
  use: (page: Page, folder: string) => Promise<void>,
  options: { quick?: boolean } = {},
): Promise<void> {
  await Deno.mkdir(join(ROOT, ".cache"), { recursive: true });
  const folder = await Deno.makeTempDir({ dir: join(ROOT, ".cache"), prefix: "lab-" });
  const jupyter = await makeKernelFolder();
  const file = `${name}.ipynb`;
  await Deno.copyFile(join(ROOT, "notebooks", file), join(folder, file));
  const server = new Deno.Command(JUPYTERLAB!, {
    args: ["-m", "jupyter", "lab", "--no-browser", "--allow-root", "--ServerApp.port=0"]
      .concat(
        `--ServerApp.root_dir=${folder}`,
        "--LabApp.news_url=",
        "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate",
      ),
    env: {
      JUPYTER_PATH: jupyter,
      JUPYTER_RUNTIME_DIR: join(jupyter, "runtime"),
      JUPYTER_DATA_DIR: join(jupyter, "data"), // which notebooks are trusted
      JUPYTER_CONFIG_DIR: join(jupyter, "config"),
      JUPYTERLAB_SETTINGS_DIR: join(jupyter, "settings"),
      JUPYTERLAB_WORKSPACES_DIR: join(jupyter, "workspaces"),
      ...(options.quick ?? true ? { QUICK: "1" } : {}),
    },
    stdout: "null",
    stderr: "piped",
  }).spawn();
  let browser: Browser | undefined;
  try {
    const address = await addressOf(server.stderr);
    browser = await chromium.launch({ executablePath: BROWSER!, args: FLAGS });
    const page = await browser.newPage({ viewport: { width: 1280, height: 1000 } });
    await page.goto(address.replace("/lab?", `/lab/tree/${file}?`));
    await page.locator(".jp-Notebook .jp-Cell").first().waitFor({ timeout: 60_000 });
    await page.getByText("Deno | Idle").waitFor({ timeout: 60_000 });
    await use(page, folder);
  } finally {
    await browser?.close();
    server.kill("SIGTERM");
    await server.status;
    await Deno.remove(folder, { recursive: true });
    await Deno.remove(jupyter, { recursive: true });
  }
}

/** The address that JupyterLab prints when it is ready; what it prints later is drained. */
async function addressOf(stderr: ReadableStream<Uint8Array<ArrayBuffer>>): Promise<string> {
  const reader = stderr.pipeThrough(new TextDecoderStream()).getReader();
  let text = "";
  for (;;) {
    const { value, done } = await reader.read();
    if (done) throw new Error(`JupyterLab did not start: ${text}`);
    text += value;
    const address = text.match(/http:\/\/127\.0\.0\.1:\d+\/lab\?token=\w+/)?.[0];
    if (address === undefined) continue;
    (async () => {
      while (!(await reader.read()).done);
    })();
    return address;
  }
}

/** Chooses an entry of the menu Run or a button of the toolbar. */
export async function runAll(page: Page): Promise<void> {
  await page.getByRole("menuitem", { name: "Run", exact: true }).click();
  await page.getByRole("menuitem", { name: "Run All Cells", exact: true }).click();
}

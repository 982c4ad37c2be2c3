import { join } from "@std/path";
import { type Browser, chromium, type Page } from "playwright-core";
import { answerFile, buildSite } from "../../../lib/live/build_site.ts";
import { BROWSER } from "../../notebooks/support/lab.ts";

export { BROWSER };

const FLAGS = [
  "--no-sandbox",
  "--disable-gpu",
  "--no-first-run",
  "--disable-background-networking",
];

/** A plain static host: it knows types of files, and sends no headers of its own. */
export class Host implements AsyncDisposable {
  /** Paths that were asked for. */
  readonly requests: string[] = [];
  /** Whether there is a network. */
  isUp = true;
  readonly #folder: string;
  readonly #server: Deno.HttpServer<Deno.NetAddr>;

  private constructor(folder: string) {
    this.#folder = folder;
    this.#server = Deno.serve(
      { hostname: "127.0.0.1", port: 0, onListen: () => {} },
      (request) => this.#answer(request),
    );
  }

  static async start(): Promise<Host> {
    const folder = await Deno.makeTempDir();
    await buildSite(join(folder, "page"));
    return new Host(folder);
  }

  /** The page's address, in a folder of the host. */
  get address(): string {
    return `http://127.0.0.1:${this.#server.addr.port}/page/`;
  }

  /** The bytes of the page, without a folder of it. */
  async size(without: string, folder = join(this.#folder, "page")): Promise<number> {
    let sum = 0;
    for await (const { name, isDirectory } of Deno.readDir(folder)) {
      const path = join(folder, name);
      if (name === without) continue;
      sum += isDirectory ? await this.size(without, path) : (await Deno.stat(path)).size;
    }
    return sum;
  }

  /** Offers another version of the page. */
  async renew(): Promise<void> {
    const path = join(this.#folder, "page/service_worker.js");
    const script = await Deno.readTextFile(path);
    await Deno.writeTextFile(path, script.replace(/VERSION="\w+"/, 'VERSION="next"'));
  }

  async #answer(request: Request): Promise<Response> {
    this.requests.push(new URL(request.url).pathname);
    if (!this.isUp) return new Response("no network", { status: 503 });
    return await answerFile(request, this.#folder, {});
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#server.shutdown();
    await Deno.remove(this.#folder, { recursive: true });
  }
}

/** A tab of a browser without a window, and what went wrong in it. */
export interface Tab {
  readonly page: Page;
  readonly browser: Browser;
  /** Errors, violations of the policy among them. */
  readonly errors: string[];
  /** Addresses that were asked for. */
  readonly requests: string[];
}

/** How the page is opened. */
export interface TabOptions extends NonNullable<Parameters<Browser["newContext"]>[0]> {
  /** Beside {@linkcode FLAGS}. */
  readonly flags?: readonly string[];
}

/** The browsers that run, by their flags: to start one takes longer than most tests. */
const browsers = new Map<string, Promise<Browser>>();

Deno.test.afterAll(async () => {
  for (const browser of browsers.values()) await (await browser).close();
});

/** Opens the page and waits until the automaton runs. */
export async function withTab(
  address: string,
  use: (tab: Tab) => Promise<void>,
  { flags = [], ...options }: TabOptions = {},
): Promise<void> {
  const args = [...FLAGS, ...flags];
  const key = args.join(" ");
  const start = () => chromium.launch({ executablePath: BROWSER!, args });
  if (!browsers.has(key)) browsers.set(key, start());
  const browser = await browsers.get(key)!;
  const context = await browser.newContext({ viewport: { width: 1366, height: 768 }, ...options });
  try {
    const page = await context.newPage();
    const errors: string[] = [];
    const requests: string[] = [];
    page.on("pageerror", (error) => errors.push(error.message));
    page.on("console", (message) => {
      if (message.type() === "error") errors.push(message.text());
    });
    context.on("request", (request) => requests.push(request.url()));
    await page.goto(address);
    await settled(page);
    await use({ page, browser, errors, requests });
  } finally {
    await context.close();
  }
}

/** Waits until the page shows a step. */
export async function settled(page: Page): Promise<void> {
  await page.locator("#where", { hasText: /Step \d+/ }).first().waitFor({ timeout: 30_000 });
}

import { join } from "@std/path";
import { chromium, type Page } from "playwright-core";
import { findPython, runPython } from "../../../tasks/support/python.ts";
import { BROWSER, FLAGS } from "./lab.ts";
import type { Notebook } from "./notebooks.ts";
import { isPicture } from "./pictures.ts";

/** A Python that exports notebooks; undefined where there is none, or no browser to look at them. */
export const EXPORTER = BROWSER === undefined ? undefined : await findPython("import nbconvert");

/** A projector's, in pixels. */
const WIDTH = 1280;

/**
 * What is wrong with the pictures of notebooks' exported pages, in a browser at projector size. All
 * are exported by one process and opened by one browser, which take longer to start than a page.
 */
export async function exportProblems(notebooks: readonly Notebook[]): Promise<string[]> {
  const folder = await Deno.makeTempDir();
  const browser = await chromium.launch({ executablePath: BROWSER!, args: FLAGS });
  try {
    for (const { name, ...notebook } of notebooks) {
      await Deno.writeTextFile(join(folder, `${name}.ipynb`), JSON.stringify(notebook));
    }
    const files = notebooks.map(({ name }) => `${name}.ipynb`);
    const args = ["-m", "nbconvert", "--to", "html", "--log-level", "ERROR", ...files];
    await runPython(EXPORTER!, args, { cwd: folder });
    const problems: string[] = [];
    for (const { name, cells } of notebooks) {
      const page = await browser.newPage({ viewport: { width: WIDTH, height: 800 } });
      await page.route(/^https?:/, (route) => route.abort()); // only formulas need the network
      await page.goto(`file://${join(folder, `${name}.html`)}`);
      const wanted = cells.flatMap(({ outputs }) => outputs ?? []).filter(isPicture).length;
      problems.push(...(await pageProblems(page, wanted)).map((problem) => `${name}: ${problem}`));
      await page.close();
    }
    return problems;
  } finally {
    await browser.close();
    await Deno.remove(folder, { recursive: true });
  }
}

async function pageProblems(page: Page, wanted: number): Promise<string[]> {
  const pictures = await page.locator(".jp-OutputArea-output img").evaluateAll((images) =>
    // A live view hides its still picture
    (images as HTMLImageElement[]).filter((image) => image.checkVisibility()).map((image) => {
      const { left, right, width, height } = image.getBoundingClientRect();
      const output = image.closest(".jp-OutputArea-output")!;
      const room = output.getBoundingClientRect();
      const { paddingLeft, paddingRight } = getComputedStyle(output);
      return {
        alt: image.alt,
        natural: [image.naturalWidth, image.naturalHeight],
        shown: [width, height],
        room: room.width - parseFloat(paddingLeft) - parseFloat(paddingRight),
        isInside: left >= room.left - 1 && right <= room.right + 1,
      };
    })
  );
  const problems = pictures.flatMap(({ alt, natural, shown, room, isInside }) => {
    const what = `picture "${alt}"`;
    const [width, height] = [Math.min(natural[0]!, room), shown[1]! * natural[0]! / shown[0]!];
    return [
      ...(alt.split(";")[0]!.length < 4 ? [`${what} has no title`] : []),
      ...(natural[0] === 0 ? [`${what} cannot be read`] : []),
      ...(!isInside ? [`${what} is clipped`] : []),
      ...(Math.abs(shown[0]! - width) > 2 ? [`${what} is ${shown[0]} wide, not ${width}`] : []),
      ...(Math.abs(height - natural[1]!) > 4 ? [`${what} is distorted`] : []),
    ];
  });
  const alts = pictures.map(({ alt }) => alt);
  const twice = alts.filter((alt, i) => alts.indexOf(alt) < i);
  if (twice.length > 0) problems.push(`pictures with the same words: ${twice.join(", ")}`);
  if (pictures.length !== wanted) problems.push(`${pictures.length} of ${wanted} pictures`);
  const overflow = await page.evaluate(() => document.documentElement.scrollWidth);
  if (overflow > WIDTH) problems.push(`the page is ${overflow} pixels wide`);
  return problems;
}

/**
 * `deno task live`: opens the live page.
 *
 * @module
 */

import "./support/interrupt.ts";
import { answerFile, buildSite, HEADERS } from "../lib/live/build_site.ts";
import { temporaryFolder } from "../lib/support/temporary_folder.ts";
import { createTask, numberFlag, parseTask, runTask } from "./support/cli.ts";
import { saveAtSignals } from "./support/interrupt.ts";

const command = createTask(
  "live",
  "Open a page on which the automaton runs and can be changed, and which segments volumes. " +
    "Everything happens in the browser; nothing is uploaded.",
)
  .option("--build <folder>", "write the page to a folder, for any static host, and do not open it")
  .option(
    "--port <n>",
    "port of the page; 0: a free one",
    numberFlag({ integer: true, min: 0, max: 65535 }),
    0,
  )
  .option("--no-browser", "print the address instead of opening a browser");

await runTask(async () => {
  const flags = await parseTask<{ build?: string; port: number; browser: boolean }>(command);
  if (flags.build !== undefined) {
    await buildSite(flags.build);
    console.log(`The page is in ${flags.build}: copy the folder to any static host`);
    return 0;
  }
  using folder = temporaryFolder();
  await buildSite(folder.path);
  using interruption = saveAtSignals("The page is closed");
  const { signal } = interruption;
  const server = Deno.serve(
    { hostname: "127.0.0.1", port: flags.port, signal, onListen: () => {} },
    (request) => answerFile(request, folder.path, HEADERS),
  );
  const address = `http://127.0.0.1:${server.addr.port}/`;
  console.log(`The page is at ${address}; Ctrl-C ends it`);
  if (flags.browser) await openBrowser(address);
  // Browsers keep connections open: do not wait for them
  if (!signal.aborted) await new Promise((resolve) => signal.addEventListener("abort", resolve));
  return 0;
});

/** Opens the address if the system knows how; it is printed anyway. */
async function openBrowser(address: string): Promise<void> {
  const [program, ...args] = {
    darwin: ["open", address],
    windows: ["cmd", "/c", "start", "", address],
  }[Deno.build.os as string] ?? ["xdg-open", address];
  await new Deno.Command(program!, { args, stdout: "null", stderr: "null" }).output().catch(
    () => {},
  );
}

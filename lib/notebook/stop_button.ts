/**
 * A Stop button below a cell.
 *
 * @module
 */

import { sendDisplay } from "./display.ts";
import { pressStop } from "./session.ts";

/** What the button loads: a press is a picture that the kernel sends, which every page may load. */
const PICTURE = '<svg xmlns="http://www.w3.org/2000/svg" width="1" height="1"/>';

/** A button that is shown. */
export interface StopButton {
  /** Removes it, and closes its port. */
  close(): Promise<void>;
}

/**
 * Shows a button that does what Jupyter's own Stop does, also where that one does not reach the
 * kernel: on Windows with the plain Deno kernel, such as in VS Code. The kernel listens on a free
 * port of this machine only, at an address that no other page knows, until the button is closed.
 *
 * @param press What a press does. Default: aborts {@linkcode stopSignal}.
 * @param send Sends an output to the page.
 */
export function showStopButton(
  press: () => void = pressStop,
  send: typeof sendDisplay = sendDisplay,
): StopButton {
  const [id, path] = [crypto.randomUUID(), `/${crypto.randomUUID()}`];
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, (request) => {
    if (new URL(request.url).pathname !== path) return new Response(null, { status: 404 });
    press();
    const headers = { "content-type": "image/svg+xml", "cache-control": "no-store" };
    return new Response(PICTURE, { headers: { ...headers, connection: "close" } });
  });
  const address = `http://127.0.0.1:${server.addr.port}${path}`;
  const shown = send({ "text/html": buttonHtml(address) }, { id });
  return {
    async close() {
      await shown;
      await send({ "text/html": "" }, { id, update: true });
      await server.shutdown();
    },
  };
}

/** The button; a browser on another machine than the kernel cannot reach it, and says so. */
function buttonHtml(address: string): string {
  const press =
    `const press = new Image(); this.disabled = true; this.textContent = 'Stopping …'; ` +
    `press.onerror = () => this.textContent = 'The kernel is out of reach: press ■ in the toolbar'; ` +
    `press.src = '${address}'`;
  return `<button type="button" style="font: 16px system-ui, sans-serif; padding: .2rem .9rem" ` +
    `onclick="${press}">■ Stop</button>`;
}

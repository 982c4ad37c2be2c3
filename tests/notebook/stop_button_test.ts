import assert from "node:assert/strict";
import type { MediaBundle } from "../../lib/notebook/display.ts";
import { pressStop, stopSignal } from "../../lib/notebook/session.ts";
import { showStopButton } from "../../lib/notebook/stop_button.ts";

/** A button, and what was sent to the page. */
function buttonOf(press?: () => void) {
  const sent: { html: string | undefined; id: string | undefined; update: boolean }[] = [];
  const send = (
    bundle: MediaBundle,
    { id, update = false }: { id?: string; update?: boolean } = {},
  ) => {
    sent.push({ html: bundle["text/html"], id, update });
    return Promise.resolve();
  };
  const button = showStopButton(press, send);
  return { button, sent, address: /press\.src = '([^']+)'/.exec(sent[0]!.html!)![1]! };
}

/** What a request gets; the body is read, so that the connection ends. */
async function answerOf(address: string): Promise<[status: number, type: string | null]> {
  const response = await fetch(address);
  await response.text();
  return [response.status, response.headers.get("content-type")];
}

Deno.test("showStopButton: only its own address presses it, on this machine, until it is closed", async () => {
  let pressed = 0;
  const { button, sent, address } = buttonOf(() => pressed++);
  const { hostname, port, origin, pathname } = new URL(address);
  assert.equal(hostname, "127.0.0.1");
  assert.match(pathname, /^\/[0-9a-f-]{36}$/);
  const other = buttonOf(() => {});
  await other.button.close();
  assert.notEqual(new URL(other.address).pathname, pathname);
  for (const wrong of ["/", "/stop", `${pathname}/`, `/x${pathname}`]) {
    assert.equal((await answerOf(origin + wrong))[0], 404, wrong);
  }
  assert.equal(pressed, 0);
  // A picture: pages of any origin may load one, also where scripts may not connect
  assert.deepEqual(await answerOf(address), [200, "image/svg+xml"]);
  assert.equal(pressed, 1);
  const beyond = Deno.networkInterfaces().find((each) =>
    each.family === "IPv4" && each.address !== "127.0.0.1"
  );
  if (beyond !== undefined) {
    await assert.rejects(fetch(`http://${beyond.address}:${port}${pathname}`));
  }

  await button.close();
  await assert.rejects(fetch(address));
  assert.deepEqual(sent.map(({ update }) => update), [false, true]);
  assert.equal(sent[1]!.html, "");
  assert.equal(sent[1]!.id, sent[0]!.id);
});

Deno.test("pressStop aborts the last stopSignal, and so does showStopButton by itself", async () => {
  const before = stopSignal();
  const now = stopSignal();
  const { button, address } = buttonOf();
  await answerOf(address);
  await button.close();
  assert.deepEqual([before.aborted, now.aborted], [false, true]);
  const next = stopSignal();
  pressStop();
  assert.equal(next.aborted, true);
});

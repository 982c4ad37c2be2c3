import assert from "node:assert/strict";

type Listener = (event: Record<string, unknown>) => void;

/** The service worker of version 2, in a browser that has files of version 1 and of other pages. */
async function startWorker() {
  const listeners = new Map<string, Listener>();
  const stored = new Map<string, Map<string, string>>();
  const open = (name: string) => {
    const files = stored.get(name) ?? new Map<string, string>();
    stored.set(name, files);
    const keyOf = ({ url }: Request) => url.split("?")[0]!;
    return Promise.resolve({
      addAll: (all: Request[]) =>
        Promise.resolve(all.forEach((each) => files.set(keyOf(each), "kept"))),
      match: (request: Request) => {
        const text = files.get(keyOf(request));
        return Promise.resolve(text === undefined ? undefined : new Response(text));
      },
      put: async (request: Request, response: Response) =>
        void files.set(keyOf(request), await response.text()),
    });
  };
  const fetched: string[] = [];
  Object.assign(globalThis, {
    VERSION: "2",
    FILES: ["https://a.org/live/page.js"],
    HEADERS: { "Cross-Origin-Opener-Policy": "same-origin" },
    registration: { scope: "https://a.org/live/" },
    skipWaiting: () => Promise.resolve(),
    clients: { claim: () => Promise.resolve() },
    addEventListener: (type: string, listener: Listener) => listeners.set(type, listener),
    fetch: ({ url }: Request) => {
      fetched.push(url);
      return Promise.resolve(new Response("net", { status: url.endsWith("gone") ? 404 : 200 }));
    },
  });
  Object.defineProperty(globalThis, "caches", {
    value: {
      open,
      keys: () => Promise.resolve([...stored.keys()]),
      delete: (name: string) => Promise.resolve(stored.delete(name)),
    },
  });
  const prefix = "med-nca https://a.org/live/ ";
  const others = ["med-nca https://a.org/other/ 1", "theirs"];
  for (const name of [`${prefix}1`, `${prefix}1b`, ...others]) await open(name);
  await import("../../lib/live/service_worker.ts");
  const tell = async (type: string, event: Record<string, unknown> = {}) => {
    let work: unknown;
    const take = (given: unknown) => work = given;
    listeners.get(type)!({ waitUntil: take, respondWith: take, ...event });
    return await work;
  };
  return { tell, stored, fetched, names: [...others, `${prefix}2`].sort() };
}

Deno.test("the service worker keeps its files, deletes those of its older versions, and no others", async () => {
  const { fetch, addEventListener } = globalThis;
  try {
    const { tell, stored, fetched, names } = await startWorker();
    await tell("install");
    await tell("activate");
    assert.deepEqual([...stored.keys()].sort(), names);

    const ask = async (url: string, method = "GET") => {
      const response = await tell("fetch", { request: new Request(url, { method }) });
      if (response === undefined) return undefined;
      const { headers, status } = response as Response;
      assert.equal(headers.get("Cross-Origin-Opener-Policy"), "same-origin");
      return `${status} ${await (response as Response).text()}`;
    };
    assert.equal(await ask("https://a.org/live/page.js?v=3"), "200 kept");
    assert.deepEqual(fetched, []);
    for (const _ of [1, 2]) assert.equal(await ask("https://a.org/live/model"), "200 net");
    for (const _ of [1, 2]) assert.equal(await ask("https://a.org/live/gone"), "404 net");
    const at = (name: string) => `https://a.org/live/${name}`;
    assert.deepEqual(fetched, [at("model"), at("gone"), at("gone")]);
    assert.equal(await ask("https://a.org/live/model", "POST"), undefined);
    assert.equal(await ask("https://a.org/other/model"), undefined);
  } finally {
    Object.assign(globalThis, { fetch, addEventListener });
  }
});

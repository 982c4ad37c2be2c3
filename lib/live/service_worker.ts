/**
 * The page's service worker: caches its files for offline use, some of them when they are first
 * used, and adds the headers that isolate it. The build writes `VERSION`, `FILES` and `HEADERS` before it.
 *
 * @module
 */

/** Written by the build. */
declare const VERSION: string;
declare const FILES: readonly string[];
declare const HEADERS: Readonly<Record<string, string>>;

/** The part of a service worker that is used here; its types conflict with those of a page. */
interface Scope {
  addEventListener(type: string, listener: (event: ServiceEvent) => void): void;
  skipWaiting(): Promise<void>;
  readonly clients: { claim(): Promise<void> };
  readonly registration: { readonly scope: string };
}

interface ServiceEvent {
  readonly request: Request;
  waitUntil(work: Promise<unknown>): void;
  respondWith(response: Promise<Response>): void;
}

const scope = globalThis as unknown as Scope;
/** Of this page: there may be others on the same host. */
const PREFIX = `med-nca ${scope.registration.scope} `;

scope.addEventListener("install", (event) => event.waitUntil(install()));
scope.addEventListener("activate", (event) => event.waitUntil(activate()));
scope.addEventListener("fetch", (event) => {
  const { method, url } = event.request;
  if (method === "GET" && url.startsWith(scope.registration.scope)) {
    event.respondWith(answer(event.request));
  }
});

async function install(): Promise<void> {
  const cache = await caches.open(PREFIX + VERSION);
  await cache.addAll(FILES.map((path) => new Request(path, { cache: "reload" })));
  await scope.skipWaiting();
}

async function activate(): Promise<void> {
  const old = (await caches.keys()).filter((name) =>
    name.startsWith(PREFIX) && name !== PREFIX + VERSION
  );
  await Promise.all(old.map((name) => caches.delete(name)));
  await scope.clients.claim();
}

async function answer(request: Request): Promise<Response> {
  const cache = await caches.open(PREFIX + VERSION);
  const kept = await cache.match(request, { ignoreSearch: true });
  const response = kept ?? await fetch(request);
  if (kept === undefined && response.ok) {
    await cache.put(request, response.clone()).catch(() => {}); // a full disk
  }
  const headers = new Headers(response.headers);
  for (const [name, value] of Object.entries(HEADERS)) headers.set(name, value);
  const { status, statusText } = response;
  return new Response(response.body, { status, statusText, headers });
}

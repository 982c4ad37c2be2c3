/**
 * Threads require a page that is isolated by headers. If the host does not send them, the page's
 * service worker adds them; it also caches the page for offline use.
 *
 * @module
 */

const KEY = "med-nca-isolated";

/** How long the page waits for its service worker, in ms; then it continues without. */
const PATIENCE = 8000;

/** Starts the service worker, and reloads the page if that isolates it. */
export async function isolate(): Promise<void> {
  const { serviceWorker } = navigator;
  if (serviceWorker === undefined) return;
  try {
    await serviceWorker.register("service_worker.js");
  } catch {
    return; // without it everything works, on one thread and with a network
  }
  if (crossOriginIsolated || sessionStorage.getItem(KEY) !== null) return;
  sessionStorage.setItem(KEY, "tried");
  await new Promise((resolve) => {
    serviceWorker.addEventListener("controllerchange", resolve);
    setTimeout(resolve, serviceWorker.controller === null ? PATIENCE : 0);
  });
  if (serviceWorker.controller === null) return;
  location.reload();
  await new Promise(() => {}); // the page goes
}

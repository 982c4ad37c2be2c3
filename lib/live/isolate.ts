/**
 * Threads need a page that is isolated from others, which headers say. Where the host sends none, the
 * page's service worker adds them; it also keeps the page for when there is no network.
 *
 * @module
 */

const KEY = "med-nca-isolated";

/** How long the page waits for its service worker, in ms; then it goes on without. */
const PATIENCE = 8000;

/** Starts the service worker, and loads the page once more where that isolates it. */
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

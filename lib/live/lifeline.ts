/**
 * Tells the page that one of its workers has ended, of which browsers say nothing: a worker holds a lock
 * for as long as it lives.
 *
 * @module
 */

/** Held by a worker and by each of its threads, which have its name; resolves when it is. */
export function holdLifeline(): Promise<void> {
  const { name } = globalThis as unknown as { readonly name: string };
  return new Promise((resolve) => {
    // Without HTTPS there are no locks; nor are there threads
    if (navigator.locks === undefined) return resolve();
    navigator.locks.request(`${name} ${Math.random()}`, (lock) => {
      new BroadcastChannel(name).postMessage(lock!.name);
      resolve();
      return new Promise(() => {});
    });
  });
}

/**
 * Calls a function when a worker ends that has this name.
 *
 * @returns Ends the watch.
 */
export function watchLifeline(name: string, onEnd: () => void): () => void {
  const channel = new BroadcastChannel(name);
  const watch = new AbortController();
  channel.addEventListener("message", ({ data: lock }: MessageEvent<string>) => {
    navigator.locks.request(lock, { signal: watch.signal }, onEnd).catch(() => {}); // the watch ended
  });
  return () => {
    watch.abort();
    channel.close();
  };
}

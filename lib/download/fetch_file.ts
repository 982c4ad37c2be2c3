import { setTimeout } from "node:timers/promises";
import { InputError } from "../support/errors.ts";

/** What {@linkcode fetchFile} takes. */
export interface FetchFileOptions {
  /** The largest size allowed, in bytes. */
  most: number;
  /** Stops the download; what has arrived is kept for the next time. */
  signal?: AbortSignal | undefined;
  /** Called as bytes arrive; the total is NaN if the server does not report it. */
  onProgress?: (done: number, total: number) => void;
  /** Called before the pause before each retry. */
  onRetry?: (reason: string, seconds: number) => void;
  /** How often to retry without any progress. Default: 5. */
  retries?: number;
  /** Milliseconds before the first retry, doubled before each further one. Default: 1000. */
  patience?: number;
}

/** A connection without a byte for this long counts as broken. */
const STALL_MS = 30_000;

/**
 * Downloads a file, or the rest of one. A broken connection is retried from the byte that was
 * reached (HTTP Range); a server without Range sends the whole file again.
 *
 * @param path Where to. Existing bytes are assumed to be the file's first ones, so check its
 * checksum afterwards.
 * @throws {InputError} If the server refuses, cannot be reached, or sends more than `most`.
 * @throws The signal's reason, if it was aborted.
 */
export async function fetchFile(
  url: string,
  path: string,
  options: FetchFileOptions,
): Promise<void> {
  const { signal, retries = 5, patience = 1000 } = options;
  using file = await Deno.open(path, { create: true, read: true, write: true });
  if (!await file.tryLock(true)) {
    throw new InputError("Cannot download: another process is downloading it", {
      code: "no-download",
      path,
    });
  }
  for (let failed = 0;;) {
    signal?.throwIfAborted();
    const before = (await file.stat()).size;
    try {
      await fetchRest(url, file, options);
      return;
    } catch (error) {
      signal?.throwIfAborted();
      if (error instanceof InputError || error instanceof Deno.errors.NotCapable) throw error;
      failed = (await file.stat()).size > before ? 1 : failed + 1;
      if (failed > retries) {
        const { size } = await file.stat();
        throw new InputError(`Cannot download: ${reasonOf(error)}`, {
          code: "no-download",
          path: url,
          hint: "Check the network, then run the same command" +
            (size > 0 ? `: it continues after ${size} bytes` : ""),
          cause: error,
        });
      }
      const milliseconds = patience * 2 ** (failed - 1);
      options.onRetry?.(reasonOf(error), milliseconds / 1000);
      // An abort ends the pause; the next turn throws its reason
      await setTimeout(milliseconds, undefined, signal && { signal }).catch(() => {});
    }
  }
}

/** One connection. An `Error` that is not an `InputError` is worth a retry. */
async function fetchRest(url: string, file: Deno.FsFile, options: FetchFileOptions) {
  const { most, signal, onProgress } = options;
  const start = (await file.stat()).size;
  const stalled = new AbortController();
  let timer = globalThis.setTimeout(() => stalled.abort(), STALL_MS);
  try {
    const response = await fetch(url, {
      headers: { "Accept-Encoding": "identity", ...start > 0 && { Range: `bytes=${start}-` } },
      signal: AbortSignal.any([stalled.signal, ...signal === undefined ? [] : [signal]]),
    });
    const { from, total } = await placeOf(response, start, url);
    if (total > most) throw tooLarge(url, most);
    if (from === 0) await file.truncate(0);
    await file.seek(from, Deno.SeekMode.Start);
    let done = from;
    for await (const chunk of response.body ?? []) {
      clearTimeout(timer);
      timer = globalThis.setTimeout(() => stalled.abort(), STALL_MS);
      if (done + chunk.length > most) throw tooLarge(url, most);
      for (let at = 0; at < chunk.length;) at += await file.write(chunk.subarray(at));
      done += chunk.length;
      onProgress?.(done, total);
    }
    // A connection that is closed early can look like the end.
    if (done < total) throw new Error(`the connection was closed after ${done} of ${total} bytes`);
  } catch (error) {
    if (stalled.signal.aborted) throw new Error(`nothing arrived for ${STALL_MS / 1000} s`);
    throw error;
  } finally {
    clearTimeout(timer);
  }
}

/** The first byte of a response, and the size of the whole file. */
async function placeOf(
  response: Response,
  start: number,
  url: string,
): Promise<{ from: number; total: number }> {
  const { status, headers } = response;
  if (status === 200) return { from: 0, total: Number(headers.get("Content-Length") ?? NaN) };
  const range = /^bytes (?:(\d+)-\d+|\*)\/(\d+)$/.exec(headers.get("Content-Range") ?? "");
  const [, from, total] = (range ?? []).map(Number);
  if (status === 206 && from === start && total !== undefined) return { from, total };
  await response.body?.cancel();
  // Nothing left to send: the local file is complete, or longer than the file.
  if (status === 416 && start === total) return { from: start, total };
  if (status === 206 || status === 416) {
    throw new InputError("Cannot download: the part downloaded before is not of this file", {
      code: "no-download",
      path: url,
      hint: "Remove the file that ends in .part, then run the same command",
    });
  }
  const reason = `the server answered ${status} ${response.statusText}`.trimEnd();
  if (status >= 500 || status === 408 || status === 429) throw new Error(reason);
  throw new InputError(`Cannot download: ${reason}`, { code: "no-download", path: url });
}

/** The network's message, which `fetch` hides in the cause. */
function reasonOf(error: unknown): string {
  const { message, cause } = error as Error;
  return cause instanceof Error ? `${message}: ${cause.message}` : message;
}

function tooLarge(url: string, most: number): InputError {
  return new InputError(`Cannot download: the file has more than ${most} bytes`, {
    code: "no-download",
    path: url,
  });
}

/**
 * Downloading a file that is too large to start again.
 *
 * @module
 */

import { InputError } from "../support/errors.ts";

/** What {@linkcode fetchFile} takes. */
export interface FetchFileOptions {
  /** The most bytes that the file can have. */
  most: number;
  /** Stops the work; what has come stays for the next time. */
  signal?: AbortSignal | undefined;
  /** Told as bytes come; the total is NaN where the server does not say it. */
  onProgress?: (done: number, total: number) => void;
  /** Told before the pause that comes before another try. */
  onRetry?: (reason: string, seconds: number) => void;
  /** How often to try again with nothing gained in between; 5 unless told. */
  retries?: number;
  /** Milliseconds before the second try, doubled before each further one; 1000 unless told. */
  patience?: number;
}

/** Without a byte for so long, a connection is taken for broken. */
const STALL_MS = 30_000;

/**
 * Downloads a file, or the rest of one. Where the connection breaks it is tried again, from the
 * byte that was reached (HTTP Range); a server that does not do that sends the file from the start.
 *
 * @param url Where from.
 * @param path Where to; bytes that are there already are taken for the file's first ones, so check
 * its sum afterwards.
 * @throws {InputError} If the server refuses, cannot be reached, or sends more than there can be.
 * @throws The signal's reason, where it was aborted.
 */
export async function fetchFile(
  url: string,
  path: string,
  options: FetchFileOptions,
): Promise<void> {
  const { signal, retries = 5, patience = 1000 } = options;
  using file = await Deno.open(path, { create: true, read: true, write: true });
  if (!await file.tryLock(true)) {
    throw new InputError("Cannot download: another process is at it", {
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
            (size > 0 ? `: it goes on after ${size} bytes` : ""),
          cause: error,
        });
      }
      const milliseconds = patience * 2 ** (failed - 1);
      options.onRetry?.(reasonOf(error), milliseconds / 1000);
      await pause(milliseconds, signal);
    }
  }
}

/** One connection; an `Error` that is no `InputError` is worth another one. */
async function fetchRest(url: string, file: Deno.FsFile, options: FetchFileOptions) {
  const { most, signal, onProgress } = options;
  const start = (await file.stat()).size;
  const stalled = new AbortController();
  let timer = setTimeout(() => stalled.abort(), STALL_MS);
  try {
    const response = await fetch(url, {
      headers: { "Accept-Encoding": "identity", ...start > 0 && { Range: `bytes=${start}-` } },
      signal: AbortSignal.any([stalled.signal, ...signal === undefined ? [] : [signal]]),
    });
    const { from, total } = await placeOf(response, start, url);
    if (total > most) throw tooLarge(url, most);
    if (from === total) return await response.body?.cancel();
    if (from === 0) await file.truncate(0);
    await file.seek(from, Deno.SeekMode.Start);
    let done = from;
    for await (const chunk of response.body ?? []) {
      clearTimeout(timer);
      timer = setTimeout(() => stalled.abort(), STALL_MS);
      if (done + chunk.length > most) throw tooLarge(url, most);
      for (let at = 0; at < chunk.length;) at += await file.write(chunk.subarray(at));
      done += chunk.length;
      onProgress?.(done, total);
    }
    // A connection that is closed early can look like the end.
    if (done < total) throw new Error(`the connection was closed after ${done} of ${total} bytes`);
  } catch (error) {
    if (stalled.signal.aborted) throw new Error(`nothing came for ${STALL_MS / 1000} s`);
    throw error;
  } finally {
    clearTimeout(timer);
  }
}

/** The byte that a response starts with, and how many the whole file has. */
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
  // Nothing is left to send: all is there, or more than the file has.
  if (status === 416 && start === total) return { from: start, total };
  if (status === 206 || status === 416) {
    throw new InputError("Cannot download: what is there already is not a part of this file", {
      code: "no-download",
      path: url,
      hint: "Remove the file that ends in .part, then run the same command",
    });
  }
  const reason = `the server says ${status} ${response.statusText}`.trimEnd();
  if (status >= 500 || status === 408 || status === 429) throw new Error(reason);
  throw new InputError(`Cannot download: ${reason}`, { code: "no-download", path: url });
}

/** The network's own words, which `fetch` hides in the cause. */
function reasonOf(error: unknown): string {
  const { message, cause } = error as Error;
  return cause instanceof Error ? `${message}: ${cause.message}` : message;
}

function tooLarge(url: string, most: number): InputError {
  return new InputError(`Cannot download: there are more than the ${most} bytes that can be`, {
    code: "no-download",
    path: url,
  });
}

function pause(milliseconds: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      signal?.removeEventListener("abort", stop);
      resolve();
    }, milliseconds);
    const stop = () => {
      clearTimeout(timer);
      reject(signal!.reason);
    };
    signal?.addEventListener("abort", stop, { once: true });
  });
}

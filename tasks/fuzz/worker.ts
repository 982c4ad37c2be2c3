/**
 * Fuzzes one reader in its own thread, so that a hang can be detected and ended.
 *
 * @module
 */

import type { FuzzResult } from "./fuzz_reader.ts";

/** What the thread is to do. */
export interface FuzzJob {
  reader: string;
  inputs: number;
  seed: number;
  folder: string;
  /** Gets the index of the current input. */
  progress: Int32Array<SharedArrayBuffer>;
}

/** What it says in the end. */
export type FuzzAnswer = { result: FuzzResult } | { error: string };

if (typeof WorkerGlobalScope !== "undefined" && self instanceof WorkerGlobalScope) {
  self.onmessage = async ({ data }: MessageEvent<FuzzJob>) => {
    let answer: FuzzAnswer;
    try {
      answer = { result: await work(data) };
    } catch (error) {
      answer = { error: String(error instanceof Error ? error.stack : error) };
    }
    self.postMessage(answer);
    self.close();
  };
}

async function work({ reader, inputs, seed, folder, progress }: FuzzJob): Promise<FuzzResult> {
  // Not above: what awaits while it loads would lose the message
  const [{ fuzzReader }, { makeReaders }] = await Promise.all([
    import("./fuzz_reader.ts"),
    import("./readers.ts"),
  ]);
  const found = (await makeReaders(folder)).find(({ name }) => name === reader)!;
  const onInput = (index: number) => Atomics.store(progress, 0, index + 1);
  return await fuzzReader(found, { inputs, seed, folder, onInput });
}

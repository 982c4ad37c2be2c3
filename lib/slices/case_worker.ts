/**
 * One thread that processes cases.
 *
 * @module
 */

import { parentPort } from "node:worker_threads";
import type { CaseAnswer } from "./case_workers.ts";
import { type CaseWork, processCase } from "./process_case.ts";

parentPort!.on("message", async ({ number, work }: { number: number; work: CaseWork }) => {
  let answer: CaseAnswer;
  try {
    answer = { number, result: await processCase(work) };
  } catch (error) {
    answer = { number, error };
  }
  parentPort!.postMessage(answer);
});

/**
 * One thread that cuts cases.
 *
 * @module
 */

import { parentPort } from "node:worker_threads";
import { InputError } from "../support/errors.ts";
import type { CaseAnswer, CaseRequest } from "./case_workers.ts";
import { extractCase } from "./extract_case.ts";

parentPort!.on("message", async ({ number, source, job }: CaseRequest) => {
  let answer: CaseAnswer;
  try {
    answer = { number, records: await extractCase(source, job) };
  } catch (error) {
    // An error loses its class between threads, and with it the hint
    const inputError = error instanceof InputError ? { ...error, message: error.message } : null;
    answer = { number, error, inputError };
  }
  parentPort!.postMessage(answer);
});

/**
 * Loads files of the page.
 *
 * @module
 */

import { basename } from "@std/path";
import { InputError } from "../support/errors.ts";

/** What helps where one cannot be loaded. */
const HINT = "Reload the page when there is a network";

/**
 * Asks for a file.
 *
 * @throws {InputError} If there is no network, or no such file.
 */
export async function loadFile(address: URL): Promise<Response> {
  const response = await fetch(address).catch(() => null);
  if (response?.ok) return response;
  throw cannotLoad(
    basename(address.pathname),
    response === null ? "there is no network" : `the server answered ${response.status}`,
  );
}

/** The error of a file that cannot be loaded. */
export function cannotLoad(name: string, why: string): InputError {
  return new InputError(`Cannot load ${name}: ${why}`, { code: "no-download", hint: HINT });
}

/**
 * JSON files whose long lists have one item a line, so that they are read and written an item at a
 * time, however long they are.
 *
 * @module
 */

import { InputError } from "./errors.ts";
import { openRegularFile, readError, type ReadPurpose } from "./read_file.ts";

/** Longer lines are not of such a file. */
const LONGEST_LINE = 2 ** 26;
const BLOCK = 2 ** 16;

/**
 * An object as JSON in pieces: each field on a line of its own, and each item of a list of objects.
 *
 * @example
 * ```ts
 * import { listedJson, readListedJson } from "./listed_json.ts";
 * import assert from "node:assert/strict";
 *
 * const path = await Deno.makeTempFile();
 * const text = [...listedJson({ size: [2, 3], cases: [{ id: "a" }, { id: "b" }] })].join("");
 * assert.equal(
 *   text,
 *   '{\n  "size": [2,3],\n  "cases": [\n    {"id":"a"},\n    {"id":"b"}\n  ]\n}\n',
 * );
 * await Deno.writeTextFile(path, text);
 * const read = await readListedJson(path, { what: "cases", code: "bad-run" }, (_, item) => item);
 * assert.deepEqual(read, { size: [2, 3], cases: [{ id: "a" }, { id: "b" }] });
 * await Deno.remove(path);
 * ```
 */
export function* listedJson(value: object): Generator<string> {
  const fields = Object.entries(value);
  yield "{\n";
  for (const [i, [key, field]] of fields.entries()) {
    const end = i < fields.length - 1 ? ",\n" : "\n";
    yield `  ${JSON.stringify(key)}: `;
    if (!isList(field)) yield JSON.stringify(field);
    else {
      yield "[\n";
      for (const [j, item] of field.entries()) {
        yield `    ${JSON.stringify(item)}${j < field.length - 1 ? "," : ""}\n`;
      }
      yield "  ]";
    }
    yield end;
  }
  yield "}\n";
}

/** Lists of objects, and empty ones. */
function isList(value: unknown): value is unknown[] {
  return Array.isArray(value) && value.every((item) => typeof item === "object");
}

/** What has been read so far: fields by name. */
type Fields = Record<string, unknown>;

/**
 * Reads a file of {@linkcode listedJson}. The whole text is never in memory.
 *
 * @param convert Checks an item of a list, given the name of the list, the item and the fields
 * before it; its results are the items that are returned. Every item of every list goes through it.
 * @throws {InputError} If the file cannot be read or is not of this form; and what `convert` throws.
 */
export async function readListedJson(
  path: string,
  purpose: ReadPurpose,
  convert: (list: string, item: unknown, before: Fields) => unknown,
): Promise<Fields> {
  const fields: Fields = {};
  let list: { name: string; items: unknown[] } | null = null;
  let state: "start" | "fields" | "end" = "start";
  let number = 0;
  for await (const line of readLines(path, purpose)) {
    number++;
    if (line.trim() === "") continue;
    try {
      const field = state === "fields" && list === null ? FIELD.exec(line) : null;
      if (list !== null && END.test(line)) list = null;
      else if (list !== null) list.items.push(convert(list.name, parse(line), fields));
      else if (state === "start" && line === "{") state = "fields";
      else if (state === "fields" && line === "}") state = "end";
      else if (field === null) throw new SyntaxError("it is not one item a line");
      else {
        const [, name, text] = field as unknown as [string, string, string];
        const key = JSON.parse(name) as string;
        if (text === "[") list = { name: key, items: [] };
        const inLine = list === null ? parse(text) : null;
        const value = list?.items ??
          (Array.isArray(inLine) ? inLine.map((item) => convert(key, item, fields)) : inLine);
        Object.defineProperty(fields, key, { value, enumerable: true, writable: true });
      }
    } catch (cause) {
      if (!(cause instanceof SyntaxError)) throw cause;
      throw unlike(`line ${number}: ${cause.message}`, path, purpose, cause);
    }
  }
  if (state === "end") return fields;
  throw unlike("it ends early", path, purpose);
}

const FIELD = /^ {2}("(?:[^"\\]|\\.)*"): (.*)$/;
const END = /^ {2}\],?$/;

function parse(line: string): unknown {
  return JSON.parse(line.endsWith(",") ? line.slice(0, -1) : line);
}

async function* readLines(path: string, purpose: ReadPurpose): AsyncGenerator<string> {
  using opened = await openRegularFile(path, purpose);
  const decoder = new TextDecoder("utf-8", { fatal: true });
  const block = new Uint8Array(BLOCK);
  let rest = "";
  const decode = (bytes: Uint8Array, stream: boolean) => {
    try {
      return decoder.decode(bytes, { stream });
    } catch (cause) {
      throw unlike("it is not UTF-8 text", path, purpose, cause);
    }
  };
  const read = async () => {
    try {
      return await opened.file.read(block);
    } catch (error) {
      throw await readError(error, path, purpose);
    }
  };
  for (let count = await read(); count !== null; count = await read()) {
    const parts = decode(block.subarray(0, count), true).split("\n");
    parts[0] = rest + parts[0];
    rest = parts.pop()!;
    if (rest.length > LONGEST_LINE) throw unlike("it has no short lines", path, purpose);
    yield* parts;
  }
  yield rest + decode(new Uint8Array(), false);
}

function unlike(why: string, path: string, { what, ...purpose }: ReadPurpose, cause?: unknown) {
  return new InputError(`Cannot read ${what}: ${why}`, { ...purpose, path, cause });
}

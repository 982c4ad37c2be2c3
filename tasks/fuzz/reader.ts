import assert from "node:assert/strict";
import { isAbsolute, relative, resolve } from "@std/path";
import fc from "fast-check";
import { type Bytes, damagedBytes, damagedJson, encode } from "./damage.ts";

/** A reader, and files to give it. */
export interface Reader {
  /** For the report. */
  readonly name: string;
  /** Its share of all inputs. */
  readonly weight: number;
  readonly inputs: fc.Arbitrary<Bytes>;
  /** The name that the file gets. */
  readonly file: string;
  /** Reads the file in its folder, and checks what came out. */
  readonly read: (folder: string) => Promise<void>;
}

/** Damaged JSON files: other values in their places, or other bytes. */
export function jsonInputs(...documents: readonly unknown[]): fc.Arbitrary<Bytes> {
  return fc.oneof(...documents.flatMap((document) => {
    const text = JSON.stringify(document);
    return [
      { weight: 5, arbitrary: damagedJson(text).map(encode) },
      { weight: 1, arbitrary: damagedBytes(encode(text)) },
    ];
  }));
}

/** Checks that a path from a file stays in its folder. */
export function assertInside(folder: string, path: string): void {
  const way = relative(folder, resolve(folder, path));
  assert.ok(!isAbsolute(way) && way.split(/[\\/]/)[0] !== "..", `${path} leads out`);
}

/**
 * One setting: its type, limits, default and description.
 *
 * @module
 */

import * as v from "valibot";

/**
 * Describes a key of a configuration, for everything that reads, checks, stores or documents it.
 */
export function setting<const Schema extends v.GenericSchema>(
  schema: Schema,
  fallback: v.InferOutput<Schema>,
  description: string,
) {
  return v.optional(v.pipe(schema, v.description(description)), fallback);
}

/** A whole number within limits. */
export function integer(min: number, max = 2 ** 32 - 1) {
  return v.pipe(v.number(), v.integer("Expected an integer"), v.minValue(min), v.maxValue(max));
}

/** Exactly two values of one kind. */
export function pair<const Schema extends v.GenericSchema>(schema: Schema) {
  return v.pipe(v.strictTuple([schema, schema], "Expected two numbers, such as 7,3"), v.readonly());
}

/** Any result of {@linkcode setting}. */
export type Setting = v.OptionalSchema<v.GenericSchema, unknown>;

/** A setting's description in `--help` and in the documentation. */
export function describeSetting(schema: Setting): string {
  return v.getDescription(schema.wrapped) ?? "";
}

/** The values of a setting, if it has a fixed list. */
export function choicesOf(schema: Setting): readonly (string | number)[] | undefined {
  const { pipe } = schema.wrapped as unknown as { readonly pipe: readonly v.GenericSchema[] };
  const [type] = pipe;
  return type?.type === "picklist"
    ? (type as unknown as { readonly options: readonly (string | number)[] }).options
    : undefined;
}

/** Why a value does not match a schema, as text for the user. */
export function problemOf(schema: v.GenericSchema, value: unknown): string {
  const [issue] = v.safeParse(schema, value).issues ?? [];
  return (issue?.message ?? "").replace(/^Invalid [a-z ]+: /, "");
}

/**
 * The value of a setting from the text of a flag: a number, numbers separated by commas, or a word.
 *
 * @throws {RangeError} If it is not a value of that setting; the message lists what is.
 *
 * @example
 * ```ts
 * import * as v from "valibot";
 * import { integer, pair, parseSetting, setting } from "./setting.ts";
 * import assert from "node:assert/strict";
 *
 * const size = setting(v.union([v.literal("pad"), pair(integer(4))]), "pad", "size of slices");
 * assert.deepEqual(parseSetting(size, "160,128"), [160, 128]);
 * assert.equal(parseSetting(size, "pad"), "pad");
 * ```
 */
export function parseSetting(schema: Setting, text: string): unknown {
  const numbers = text.split(/[,x]/).map((part) => part.trim() === "" ? NaN : Number(part));
  const candidates: unknown[] = numbers.some(Number.isNaN)
    ? [text]
    : numbers.length === 1
    ? [numbers[0], numbers, text]
    : [numbers, text];
  const value = candidates.find((candidate) => v.is(schema, candidate));
  if (value === undefined) throw new RangeError(problemOf(schema, candidates[0]));
  return value;
}

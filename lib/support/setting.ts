/**
 * One setting: its type and limits, its default, and what `--help` and the documentation say of it.
 *
 * @module
 */

import * as v from "valibot";

/**
 * Describes a key of a configuration, once for all who read, check, store or document it.
 *
 * @param schema The type and the limits of its values.
 * @param fallback Its default.
 * @param description What it is for, as `--help` shows it.
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

/** Two values of one kind. */
export function pair<const Schema extends v.GenericSchema>(schema: Schema) {
  return v.pipe(v.tuple([schema, schema], "Expected two numbers, as 7,3"), v.readonly());
}

/**
 * Builds graphs of ONNX operators, node by node.
 *
 * @module
 */

import {
  type OnnxAttribute,
  type OnnxGraph,
  type OnnxNode,
  type OnnxTensor,
  TYPES,
} from "./onnx_messages.ts";

/** The attributes of a node, as written in code. */
type Attribute = number | string | readonly number[] | { float: number } | OnnxGraph;

/**
 * Collects nodes and fixed values. Adding a node returns the name of its output, for later nodes.
 *
 * @example
 * ```ts
 * import { GraphBuilder } from "./graph_builder.ts";
 * import assert from "node:assert/strict";
 *
 * const graph = new GraphBuilder();
 * graph.add("Add", ["x", graph.int(3)]);
 * assert.deepEqual(graph.nodes[0]!.input, ["x", "int_3"]);
 * ```
 */
export class GraphBuilder {
  readonly nodes: OnnxNode[] = [];
  readonly #shared: { names: number; tensors: Map<string, OnnxTensor> };

  /** @param outer The graph around a loop's body, which shares its names and fixed values. */
  constructor(outer?: GraphBuilder) {
    this.#shared = outer === undefined ? { names: 0, tensors: new Map() } : outer.#shared;
  }

  /** Every fixed value, including those in loops. */
  get tensors(): OnnxTensor[] {
    return [...this.#shared.tensors.values()];
  }

  /**
   * Adds an operator with one output.
   *
   * @param output The name of its output. Default: a new one.
   * @returns That name.
   */
  add(
    opType: string,
    input: readonly string[],
    attributes: Readonly<Record<string, Attribute>> = {},
    output = `${opType}_${this.#shared.names++}`,
  ): string {
    const attribute = Object.entries(attributes).map(([key, value]) => onnxAttribute(key, value));
    this.nodes.push({ opType, name: output, input, output: [output], attribute });
    return output;
  }

  /**
   * Adds an integer, or a list of them.
   *
   * @returns Its name; equal values have one name.
   */
  int(values: number | readonly number[]): string {
    const list = [values].flat();
    const isScalar = typeof values === "number";
    const name = `${isScalar ? "int" : "ints"}_${list.join("_")}`;
    return this.#add(
      name,
      "int64",
      isScalar ? [] : [list.length],
      BigInt64Array.from(list, BigInt),
    );
  }

  /**
   * Adds a tensor of numbers.
   *
   * @returns Its name.
   */
  float(name: string, shape: readonly number[], data: Float32Array): string {
    return this.#add(name, "float", shape, data);
  }

  #add(
    name: string,
    type: keyof typeof TYPES,
    dims: readonly number[],
    { buffer, byteOffset, byteLength }: Float32Array | BigInt64Array,
  ): string {
    const rawData = new Uint8Array(buffer, byteOffset, byteLength);
    this.#shared.tensors.set(name, { name, dims, dataType: TYPES[type], rawData });
    return name;
  }
}

/** The types are numbers of `AttributeProto.AttributeType`. */
function onnxAttribute(name: string, value: Attribute): OnnxAttribute {
  if (typeof value === "number") return { name, type: 2, i: value };
  if (typeof value === "string") return { name, type: 3, s: new TextEncoder().encode(value) };
  if ("float" in value) return { name, type: 1, f: value.float };
  if ("node" in value) return { name, type: 5, g: value };
  return { name, type: 7, ints: value };
}

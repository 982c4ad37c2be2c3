/**
 * The messages of an ONNX file, as protocol buffers.
 *
 * Source: `onnx.proto` at https://github.com/onnx/onnx; unused parts are left out.
 *
 * @module
 */

import protobuf from "protobufjs/light.js";

/** Element types of tensors. */
export const TYPES = { float: 1, int64: 7, bool: 9 } as const;

/** A tensor of fixed values. */
export interface OnnxTensor {
  readonly name: string;
  readonly dims: readonly number[];
  readonly dataType: number;
  /** Little-endian. */
  readonly rawData: Uint8Array;
}

/** An attribute of a node: one value of the given type. */
export interface OnnxAttribute {
  readonly name: string;
  readonly type: number;
  readonly f?: number;
  readonly i?: number;
  readonly s?: Uint8Array;
  readonly g?: OnnxGraph;
  readonly ints?: readonly number[];
}

/** One operator. */
export interface OnnxNode {
  readonly opType: string;
  readonly name: string;
  readonly input: readonly string[];
  readonly output: readonly string[];
  readonly attribute: readonly OnnxAttribute[];
}

/** An input or output of a graph. */
export interface OnnxValue {
  readonly name: string;
  readonly type: {
    readonly tensorType: {
      readonly elemType: number;
      readonly shape: { readonly dim: readonly object[] };
    };
  };
}

/** Operators, each after those that it depends on. */
export interface OnnxGraph {
  readonly name: string;
  readonly node: readonly OnnxNode[];
  readonly initializer: readonly OnnxTensor[];
  readonly input: readonly OnnxValue[];
  readonly output: readonly OnnxValue[];
}

/** A whole file. */
export interface OnnxModel {
  readonly irVersion: number;
  readonly producerName: string;
  readonly docString: string;
  readonly graph: OnnxGraph;
  readonly opsetImport: readonly { readonly domain: string; readonly version: number }[];
  readonly metadataProps: readonly { readonly key: string; readonly value: string }[];
}

/** The number and type of each field; "[]" marks repeated ones. */
const MESSAGES: Record<string, Record<string, [id: number, type: string]>> = {
  Model: {
    irVersion: [1, "int64"],
    producerName: [2, "string"],
    docString: [6, "string"],
    graph: [7, "Graph"],
    opsetImport: [8, "OperatorSet[]"],
    metadataProps: [14, "Entry[]"],
  },
  OperatorSet: { domain: [1, "string"], version: [2, "int64"] },
  Entry: { key: [1, "string"], value: [2, "string"] },
  Graph: {
    node: [1, "Node[]"],
    name: [2, "string"],
    initializer: [5, "Tensor[]"],
    input: [11, "Value[]"],
    output: [12, "Value[]"],
  },
  Node: {
    input: [1, "string[]"],
    output: [2, "string[]"],
    name: [3, "string"],
    opType: [4, "string"],
    attribute: [5, "Attribute[]"],
  },
  Attribute: {
    name: [1, "string"],
    f: [2, "float"],
    i: [3, "int64"],
    s: [4, "bytes"],
    g: [6, "Graph"],
    ints: [8, "int64[]"],
    type: [20, "int32"],
  },
  Tensor: {
    dims: [1, "int64[]"],
    dataType: [2, "int32"],
    name: [8, "string"],
    rawData: [9, "bytes"],
  },
  Value: { name: [1, "string"], type: [2, "Type"] },
  Type: { tensorType: [1, "TensorType"] },
  TensorType: { elemType: [1, "int32"], shape: [2, "TensorShape"] },
  TensorShape: { dim: [1, "Dimension[]"] },
  Dimension: { dimValue: [1, "int64"], dimParam: [2, "string"] },
};

const types = protobuf.Root.fromJSON({
  nested: Object.fromEntries(
    Object.entries(MESSAGES).map(([message, fields]) => [message, {
      fields: Object.fromEntries(
        Object.entries(fields).map(([name, [id, type]]) => [
          name,
          type.endsWith("[]") ? { id, type: type.slice(0, -2), rule: "repeated" } : { id, type },
        ]),
      ),
    }]),
  ),
});

/**
 * Describes an input or output.
 *
 * @param shape Sizes, and names for those that are not fixed.
 */
export function onnxValue(
  name: string,
  type: keyof typeof TYPES,
  shape: readonly (number | string)[],
): OnnxValue {
  const dim = shape.map((d) => typeof d === "number" ? { dimValue: d } : { dimParam: d });
  return { name, type: { tensorType: { elemType: TYPES[type], shape: { dim } } } };
}

/** The bytes of an ONNX file. */
export function encodeOnnx(model: OnnxModel): Uint8Array {
  const type = types.lookupType("Model");
  return type.encode(model as unknown as Record<string, unknown>).finish();
}

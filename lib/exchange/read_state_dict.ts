/**
 * PyTorch's own files of weights, as `torch.save(model.state_dict(), path)` writes them: a zip archive
 * with a pickle and the values. Nothing in them is run.
 *
 * @module
 */

import { type UnzipFileInfo, unzipSync } from "fflate";
import type { StoredTensor } from "../nca/safetensors.ts";
import { InputError } from "../support/errors.ts";
import { readRegularFile } from "../support/read_file.ts";
import { PickleGlobal, unpickle } from "./unpickle.ts";

/** A Med-NCA has a few kilobytes; this is far more. */
const MOST_BYTES = 2 ** 28;

/** The supported storage types. */
const STORAGES = {
  "torch.FloatStorage": ["F32", Float32Array],
  "torch.DoubleStorage": ["F64", Float64Array],
} as const;

/**
 * Reads a state dict.
 *
 * @param path A file saved by PyTorch 1.6 or later.
 * @returns Its tensors by name.
 * @throws {InputError} If it is not such a file, is damaged, or contains anything but tensors.
 */
export async function readStateDict(path: string): Promise<Map<string, StoredTensor>> {
  const bytes = await readRegularFile(path, {
    what: "weights",
    code: "bad-weights",
    most: MOST_BYTES,
  });
  try {
    return decodeStateDict(bytes);
  } catch (cause) {
    if (!(cause instanceof SyntaxError)) throw cause;
    throw new InputError(`Cannot read weights: ${cause.message}`, {
      code: "bad-weights",
      path,
      hint: "Expected a file of torch.save(model.state_dict(), path), PyTorch 1.6 or later; " +
        "nothing in it was run",
      cause,
    });
  }
}

/** @throws {SyntaxError} If it is not a state dict of tensors. */
function decodeStateDict(bytes: Uint8Array): Map<string, StoredTensor> {
  const files = unzip(bytes);
  const pickle = [...files.keys()].filter((name) => /(^|\/)data\.pkl$/.test(name));
  if (pickle.length !== 1) throw new SyntaxError("the archive has no pickle of PyTorch");
  const root = pickle[0]!.slice(0, -"data.pkl".length);
  const order = files.get(`${root}byteorder`);
  if (order !== undefined && new TextDecoder().decode(order) !== "little") {
    throw new SyntaxError("its values are big-endian");
  }
  const found = unpickle(files.get(pickle[0]!)!, {
    names: Object.keys(STORAGES),
    calls: {
      "collections.OrderedDict": () => new Map(),
      "torch._utils._rebuild_tensor_v2": rebuildTensor,
    },
    load: (id) => loadStorage(id, (key) => files.get(`${root}data/${key}`)),
  });
  if (!(found instanceof Map)) throw new SyntaxError("it holds no dictionary");
  for (const [name, tensor] of found) {
    const isTensor = typeof name === "string" && tensor?.data instanceof Object;
    if (!isTensor) throw new SyntaxError(`${String(name)} in its dictionary is no tensor`);
  }
  return found as Map<string, StoredTensor>;
}

/** PyTorch does not compress, so an archive cannot be larger than its file. */
function unzip(bytes: Uint8Array): Map<string, Uint8Array> {
  let size = 0;
  const filter = ({ compression, originalSize }: UnzipFileInfo) => {
    size += originalSize;
    if (compression !== 0 || size > bytes.length) {
      throw new SyntaxError("its archive is compressed");
    }
    return true;
  };
  try {
    return new Map(Object.entries(unzipSync(bytes, { filter })));
  } catch (cause) {
    if (cause instanceof SyntaxError) throw cause;
    throw new SyntaxError("it is not a complete zip archive", { cause });
  }
}

type Storage = Pick<StoredTensor, "dtype" | "data">;

/** A persistent id is ("storage", type, key, device, count). */
function loadStorage(id: unknown, read: (key: string) => Uint8Array | undefined): Storage {
  const [kind, type, key, , count] = Array.isArray(id) ? id : [];
  const bytes = kind === "storage" && typeof key === "string" ? read(key) : undefined;
  if (!(type instanceof PickleGlobal) || bytes === undefined) {
    throw new SyntaxError("the values of a tensor are missing");
  }
  if (!Object.hasOwn(STORAGES, type.name)) {
    throw new SyntaxError(`a tensor holds values of an unknown type, ${type.name}`);
  }
  const [dtype, Values] = STORAGES[type.name as keyof typeof STORAGES];
  if (bytes.length !== count * Values.BYTES_PER_ELEMENT) {
    throw new SyntaxError("a tensor has more or fewer values than it says");
  }
  return { dtype, data: new Values(bytes.slice().buffer) };
}

/** The arguments are storage, offset, shape and strides; others are ignored. */
function rebuildTensor([storage, offset, shape, strides]: readonly unknown[]): StoredTensor {
  const { dtype, data } = (storage ?? {}) as Storage;
  if (
    !isSizes([offset]) || !isSizes(shape) || !isSizes(strides) || shape.length !== strides.length
  ) {
    throw new SyntaxError("the shape of a tensor is damaged");
  }
  const count = shape.reduce((a, b) => a * b, 1);
  const last = shape.reduce((sum, n, i) => sum + (n - 1) * strides[i]!, offset as number);
  if (!(data?.length >= count) || (count > 0 && last >= data.length)) {
    throw new SyntaxError("a tensor reaches beyond its values");
  }
  const values = new (data.constructor as Float32ArrayConstructor)(count);
  for (let i = 0; i < count; i++) {
    let place = offset as number;
    for (let axis = shape.length - 1, rest = i; axis >= 0; axis--) {
      place += (rest % shape[axis]!) * strides[axis]!;
      rest = Math.floor(rest / shape[axis]!);
    }
    values[i] = data[place]!;
  }
  return { dtype, shape, data: values };
}

function isSizes(value: unknown): value is number[] {
  return Array.isArray(value) && value.every((n) => Number.isSafeInteger(n) && n >= 0);
}

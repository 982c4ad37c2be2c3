/**
 * Reads Python's pickles without running anything: plain values, and classes and functions only as
 * the caller builds them.
 *
 * Source: the opcodes of Python's `pickletools`, those that protocols 2 to 5 use for plain values.
 *
 * @module
 */

/** A class or function that a pickle names. Nothing is ever looked up. */
export class PickleGlobal {
  /** @param name Its module and name, "collections.OrderedDict". */
  constructor(readonly name: string) {}
}

/** What {@linkcode unpickle} may build. */
export interface PickleHandlers {
  /** The results of calls, by the callee's name. All other calls are refused. */
  readonly calls: Readonly<Record<string, (args: readonly unknown[]) => unknown>>;
  /** Names that the pickle may contain besides those that are called. */
  readonly names: readonly string[];
  /** Loads objects outside of the pickle, by persistent id. */
  readonly load: (id: unknown) => unknown;
}

/** Marks on the stack where the items of a tuple, list or dictionary begin. */
const MARK = Symbol("mark");

/**
 * Reads a pickle. Dictionaries become maps, tuples and lists arrays, big integers are refused.
 *
 * @param bytes The pickle.
 * @throws {SyntaxError} If it is damaged, or has anything but plain values and allowed objects.
 *
 * @example
 * ```ts
 * import { unpickle } from "./unpickle.ts";
 * import assert from "node:assert/strict";
 *
 * const nothing = { calls: {}, names: [], load: () => null };
 * const bytes = (text: string) => new TextEncoder().encode(text);
 * assert.deepEqual(unpickle(bytes("(K\x01K\x02t."), nothing), [1, 2]);
 * // What pickle.load would run as os.system("true")
 * assert.throws(() => unpickle(bytes("cos\nsystem\n(X\x04\0\0\0truetR."), nothing), /os\.system/);
 * ```
 */
export function unpickle(bytes: Uint8Array, { calls, names, load }: PickleHandlers): unknown {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const stack: unknown[] = [];
  const memo = new Map<number, unknown>();
  let at = 0;
  const skip = (count: number) => {
    if (at + count > bytes.length) throw new SyntaxError("it ends early");
    return (at += count) - count;
  };
  const uint8 = () => bytes[skip(1)]!;
  const uint32 = () => view.getUint32(skip(4), true);
  const text = (count: number) => {
    const start = skip(count);
    return new TextDecoder().decode(bytes.subarray(start, start + count));
  };
  const line = () => {
    const end = bytes.indexOf(0x0a, at);
    if (end < 0) throw new SyntaxError("it ends early");
    const found = text(end - at);
    at = end + 1;
    return found;
  };
  const pop = () => {
    if (stack.length === 0) throw new SyntaxError("a value is missing");
    return stack.pop();
  };
  const top = <T>(kind: new () => T): T => {
    const value = stack.at(-1);
    if (!(value instanceof kind)) throw new SyntaxError(`a ${kind.name} is missing`);
    return value;
  };
  const marked = () => {
    const from = stack.lastIndexOf(MARK);
    if (from < 0) throw new SyntaxError("a mark is missing");
    return stack.splice(from).slice(1);
  };
  const several = (count: number) => Array.from({ length: count }, pop).reverse();
  const named = (...parts: readonly unknown[]) => {
    if (!parts.every((part) => typeof part === "string")) {
      throw new SyntaxError("a name is missing");
    }
    const name = parts.join(".");
    if (!Object.hasOwn(calls, name) && !names.includes(name)) {
      throw new SyntaxError(`it asks for ${name}`);
    }
    return new PickleGlobal(name);
  };
  const remembered = (key: number) => {
    if (!memo.has(key)) throw new SyntaxError(`value ${key} is missing`);
    return memo.get(key);
  };
  const long = (count: number) => {
    if (count > 6) throw new SyntaxError("an integer is too large");
    let value = 0;
    for (let i = 0; i < count; i++) value += uint8() * 2 ** (8 * i);
    return count > 0 && value >= 2 ** (8 * count - 1) ? value - 2 ** (8 * count) : value;
  };
  const put = (items: readonly unknown[]) => {
    const map = top(Map);
    for (let i = 0; i < items.length; i += 2) map.set(items[i], items[i + 1]);
  };

  while (true) {
    const opcode = uint8();
    switch (opcode) {
      case 0x80: { // PROTO
        const protocol = uint8();
        if (protocol < 2 || protocol > 5) throw new SyntaxError(`its protocol is ${protocol}`);
        break;
      }
      case 0x95: // FRAME
        skip(8);
        break;
      case 0x28: // MARK
        stack.push(MARK);
        break;
      case 0x4e: // NONE
        stack.push(null);
        break;
      case 0x88: // NEWTRUE
      case 0x89: // NEWFALSE
        stack.push(opcode === 0x88);
        break;
      case 0x4b: // BININT1
        stack.push(uint8());
        break;
      case 0x4d: // BININT2
        stack.push(view.getUint16(skip(2), true));
        break;
      case 0x4a: // BININT
        stack.push(view.getInt32(skip(4), true));
        break;
      case 0x8a: // LONG1
        stack.push(long(uint8()));
        break;
      case 0x47: // BINFLOAT
        stack.push(view.getFloat64(skip(8)));
        break;
      case 0x58: // BINUNICODE
        stack.push(text(uint32()));
        break;
      case 0x8c: // SHORT_BINUNICODE
        stack.push(text(uint8()));
        break;
      case 0x29: // EMPTY_TUPLE
      case 0x5d: // EMPTY_LIST
        stack.push([]);
        break;
      case 0x74: // TUPLE
        stack.push(marked());
        break;
      case 0x85: // TUPLE1
      case 0x86: // TUPLE2
      case 0x87: // TUPLE3
        stack.push(several(opcode - 0x84));
        break;
      case 0x61: { // APPEND
        const item = pop();
        top(Array).push(item);
        break;
      }
      case 0x65: { // APPENDS
        const items = marked();
        top(Array).push(...items);
        break;
      }
      case 0x7d: // EMPTY_DICT
        stack.push(new Map());
        break;
      case 0x73: // SETITEM
        put(several(2));
        break;
      case 0x75: // SETITEMS
        put(marked());
        break;
      case 0x71: // BINPUT
        memo.set(uint8(), stack.at(-1));
        break;
      case 0x72: // LONG_BINPUT
        memo.set(uint32(), stack.at(-1));
        break;
      case 0x94: // MEMOIZE
        memo.set(memo.size, stack.at(-1));
        break;
      case 0x68: // BINGET
        stack.push(remembered(uint8()));
        break;
      case 0x6a: // LONG_BINGET
        stack.push(remembered(uint32()));
        break;
      case 0x63: // GLOBAL
        stack.push(named(line(), line()));
        break;
      case 0x93: // STACK_GLOBAL
        stack.push(named(...several(2)));
        break;
      case 0x52: { // REDUCE
        const args = pop();
        const callee = pop();
        const isCall = callee instanceof PickleGlobal && Object.hasOwn(calls, callee.name);
        if (!isCall || !Array.isArray(args)) throw new SyntaxError("it calls what is no function");
        stack.push(calls[callee.name]!(args));
        break;
      }
      case 0x51: // BINPERSID
        stack.push(load(pop()));
        break;
      case 0x62: // BUILD: attributes of a dictionary, which are not needed
        pop();
        top(Map);
        break;
      case 0x2e: // STOP
        return pop();
      default:
        throw new SyntaxError(`it has the opcode 0x${opcode.toString(16)}`);
    }
  }
}

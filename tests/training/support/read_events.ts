import { join } from "@std/path";

/** One logged event. */
export interface LoggedEvent {
  step: number;
  values: Record<string, number>;
}

/** The scalars of all event files of a folder, in order: a reader for what EventLog writes. */
export async function readEvents(folder: string): Promise<LoggedEvent[]> {
  const names = (await Array.fromAsync(Deno.readDir(folder))).map(({ name }) => name).sort();
  const files = await Promise.all(names.map((name) => Deno.readFile(join(folder, name))));
  return files.flatMap(parseEvents);
}

/**
 * The scalars of an event file.
 *
 * @throws {RangeError} If it ends within an event.
 */
export function parseEvents(bytes: Uint8Array): LoggedEvent[] {
  const events: LoggedEvent[] = [];
  const view = new DataView(bytes.buffer);
  for (let at = 0; at < bytes.length;) {
    const length = Number(view.getBigUint64(at, true));
    const event = parseEvent(bytes.subarray(at + 12, at + 12 + length));
    if (event !== undefined) events.push(event);
    at += 12 + length + 4;
    view.getUint8(at - 1); // throws where it is not there
  }
  return events;
}

function parseEvent(bytes: Uint8Array): LoggedEvent | undefined {
  let step = 0;
  const values: Record<string, number> = {};
  for (const [field, value] of fields(bytes)) {
    if (field === 2) step = value as number;
    if (field === 5) {
      for (const [, summary] of fields(value as Uint8Array)) {
        const scalar = new Map(fields(summary as Uint8Array));
        values[new TextDecoder().decode(scalar.get(1) as Uint8Array)] = scalar.get(2) as number;
      }
    }
  }
  return Object.keys(values).length === 0 ? undefined : { step, values };
}

/** The fields of a protobuf message, by number. */
function fields(bytes: Uint8Array): [number, number | Uint8Array][] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  let at = 0;
  const varint = () => {
    let value = 0;
    for (let scale = 1;; scale *= 128) {
      const byte = bytes[at++]!;
      value += (byte & 127) * scale;
      if (byte < 128) return value;
    }
  };
  const result: [number, number | Uint8Array][] = [];
  while (at < bytes.length) {
    const tag = varint();
    let value: number | Uint8Array;
    if (tag % 8 === 0) value = varint();
    else if (tag % 8 === 1) value = view.getFloat64((at += 8) - 8, true);
    else if (tag % 8 === 5) value = view.getFloat32((at += 4) - 4, true);
    else {
      const length = varint();
      value = bytes.subarray(at, at += length);
    }
    result.push([tag >> 3, value]);
  }
  return result;
}

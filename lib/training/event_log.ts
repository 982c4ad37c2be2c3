/**
 * TensorBoard event files: scalars as protobuf messages in TFRecord frames.
 *
 * Formats: `tensorflow/core/util/event.proto`, `tensorflow/core/framework/summary.proto`,
 * `tensorflow/core/lib/io/record_writer.h`.
 *
 * @module
 */

import { join } from "@std/path";
import { InputError } from "../support/errors.ts";
import { writeAll, writeError } from "../support/files.ts";

/** A position in an event folder; everything before it is on disk. */
export interface EventPosition {
  /** The name of the newest event file. */
  file: string;
  /** Its length in bytes. */
  length: number;
}

/**
 * Writes scalars for TensorBoard.
 *
 * Values are collected in memory and appended to the file by {@linkcode EventLog.flush}. Its
 * position, stored in a checkpoint, lets a resumed run remove what was logged later, so that no
 * step appears twice.
 *
 * @example
 * ```ts
 * import { EventLog } from "./event_log.ts";
 *
 * const folder = await Deno.makeTempDir();
 * const log = await EventLog.open(folder, null, () => "0 is perfect");
 * log.scalars(1, { "Val/Dice": 0.3, "LearningRate": 1e-4 });
 * const position = await log.flush();
 * log.close();
 * await Deno.remove(folder, { recursive: true });
 * ```
 */
export class EventLog {
  readonly #folder: string;
  readonly #describeTag: (tag: string) => string | undefined;
  readonly #described = new Set<string>();
  #open: { file: Deno.FsFile; position: EventPosition } | null = null;
  #position: EventPosition | null;
  #pending: Uint8Array[] = [];

  private constructor(
    folder: string,
    position: EventPosition | null,
    describeTag: (tag: string) => string | undefined,
  ) {
    this.#folder = folder;
    this.#position = position;
    this.#describeTag = describeTag;
  }

  /**
   * Opens a folder of event files; created if missing.
   *
   * @param position The position from a checkpoint: this program's newer files are removed, and
   * later entries cut off. Null: all its files are removed.
   * @param describeTag A description of a tag, if any; TensorBoard shows it beside the curve.
   */
  static async open(
    folder: string,
    position: EventPosition | null,
    describeTag: (tag: string) => string | undefined,
  ): Promise<EventLog> {
    await Deno.mkdir(folder, { recursive: true });
    for (const name of await eventFiles(folder)) {
      const path = join(folder, name);
      if (position === null || name > position.file) await Deno.remove(path);
      else if (name === position.file && (await Deno.stat(path)).size > position.length) {
        await Deno.truncate(path, position.length);
      }
    }
    return new EventLog(folder, position, describeTag);
  }

  /**
   * Adds values at one step.
   *
   * @param step The x axis in TensorBoard: a batch or an epoch, depending on the tag.
   * @param values Tag to value.
   */
  scalars(step: number, values: Record<string, number>): void {
    const summary = Object.entries(values).map(([name, value]) =>
      message(1, concat([text(1, name), tag(2, 5), float32(value), this.#describe(name)]))
    );
    this.#add(concat([
      concat([tag(1, 1), float64(Date.now() / 1000)]),
      concat([tag(2, 0), varint(step)]),
      message(5, concat(summary)),
    ]));
  }

  /** Writes pending values to disk. Returns the new position; null if nothing was ever written. */
  async flush(): Promise<EventPosition | null> {
    const pending = this.#pending;
    if (pending.length === 0) return this.#position;
    const { file, position } = this.#open ??= await startFile(this.#folder);
    const bytes = concat(pending);
    this.#pending = [];
    try {
      await writeAll(file, bytes);
      await file.syncData(); // before a checkpoint relies on it
    } catch (error) {
      throw writeError(error, join(this.#folder, position.file));
    }
    position.length += bytes.length;
    return this.#position = { ...position };
  }

  /** Closes the file; unflushed values are lost. */
  close(): void {
    this.#open?.file.close();
  }

  /** The metadata of a tag, when it is first used in a file. */
  #describe(name: string): Uint8Array {
    const description = this.#described.has(name) ? undefined : this.#describeTag(name);
    this.#described.add(name);
    return description === undefined ? new Uint8Array() : message(9, text(3, description));
  }

  #add(event: Uint8Array): void {
    this.#pending.push(frame(event));
  }
}

/** Starts a file that sorts after all others, whatever the clock. */
async function startFile(
  folder: string,
): Promise<{ file: Deno.FsFile; position: EventPosition }> {
  const newest = (await eventFiles(folder)).at(-1)?.match(OURS);
  let [second, count] = [Math.floor(Date.now() / 1000), 0];
  if (newest && Number(newest[1]) >= second) {
    [second, count] = [Number(newest[1]), Number(newest[2]) + 1];
    if (count > 999) [second, count] = [second + 1, 0];
  }
  const [seconds, counter] = [String(second).padStart(10, "0"), String(count).padStart(3, "0")];
  const name = `events.out.tfevents.${seconds}.${counter}`;
  const path = join(folder, name);
  if (seconds.length > 10) {
    throw new InputError("Cannot log: the newest event file has the last possible name", {
      code: "bad-run",
      path: join(folder, newest![0]),
      hint: "Rename or remove it: the number in its name should be a time in seconds",
    });
  }
  try {
    const file = await Deno.open(path, { write: true, createNew: true });
    const version = concat([tag(1, 1), float64(Date.now() / 1000), text(3, "brain.Event:2")]);
    const bytes = frame(version);
    await writeAll(file, bytes);
    return { file, position: { file: name, length: bytes.length } };
  } catch (error) {
    throw writeError(error, path);
  }
}

/**
 * This program's file names. TensorBoard reads files in the order of their names; a counter keeps
 * the order within a second.
 */
const OURS = /^events\.out\.tfevents\.(\d{10})\.(\d{3})$/;

/** This program's event files in a folder, in the order of their names. */
async function eventFiles(folder: string): Promise<string[]> {
  const names: string[] = [];
  for await (const { name, isFile } of Deno.readDir(folder)) {
    if (isFile && OURS.test(name)) names.push(name);
  }
  return names.sort();
}

/** A record of a TFRecord file: its length and its bytes, each with a checksum. */
function frame(event: Uint8Array): Uint8Array {
  const length = new Uint8Array(8);
  new DataView(length.buffer).setBigUint64(0, BigInt(event.length), true);
  return concat([length, maskedCrc(length), event, maskedCrc(event)]);
}

// Protobuf: a field is a tag (number and wire type), then its value; a message is its fields.

const tag = (field: number, wireType: 0 | 1 | 2 | 5) => varint(field << 3 | wireType);

function varint(value: number): Uint8Array {
  const bytes: number[] = [];
  for (; value >= 0x80; value = Math.floor(value / 0x80)) bytes.push(value % 0x80 | 0x80);
  bytes.push(value);
  return new Uint8Array(bytes);
}

function message(field: number, bytes: Uint8Array): Uint8Array {
  return concat([tag(field, 2), varint(bytes.length), bytes]);
}

const text = (field: number, value: string) => message(field, new TextEncoder().encode(value));

function float64(value: number): Uint8Array {
  const bytes = new Uint8Array(8);
  new DataView(bytes.buffer).setFloat64(0, value, true);
  return bytes;
}

function float32(value: number): Uint8Array {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setFloat32(0, value, true);
  return bytes;
}

function concat(parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let offset = 0;
  for (const part of parts) {
    bytes.set(part, offset);
    offset += part.length;
  }
  return bytes;
}

/** CRC-32C (Castagnoli, reflected polynomial 0x82f63b78), byte by byte from a table. */
const CRC_TABLE = Uint32Array.from({ length: 256 }, (_, byte) => {
  for (let bit = 0; bit < 8; bit++) byte = byte >>> 1 ^ (byte & 1 ? 0x82f63b78 : 0);
  return byte;
});

/** TFRecord's masked CRC-32C, little-endian: rotated by 15 bits, plus a constant. */
function maskedCrc(bytes: Uint8Array): Uint8Array {
  let crc = 0xffffffff;
  for (const byte of bytes) crc = CRC_TABLE[(crc ^ byte) & 0xff]! ^ crc >>> 8;
  crc = ~crc;
  const result = new Uint8Array(4);
  new DataView(result.buffer).setUint32(0, (crc >>> 15 | crc << 17) + 0xa282ead8, true);
  return result;
}

/**
 * TensorBoard event files: scalars as protobuf messages in TFRecord frames.
 *
 * Formats: `tensorflow/core/util/event.proto`, `tensorflow/core/framework/summary.proto`,
 * `tensorflow/core/lib/io/record_writer.h`.
 *
 * @module
 */

import { basename, join } from "@std/path";
import { writeAll, writeError } from "../support/files.ts";

/** A place in an event folder: everything up to it is on disk. */
export interface EventPosition {
  /** The name of the newest event file. */
  file: string;
  /** Its length in bytes. */
  length: number;
}

/**
 * Writes scalars for TensorBoard.
 *
 * Values are gathered in memory and appended to the file by {@linkcode EventLog.flush}. The
 * position that it returns, kept in a checkpoint, lets a resumed run cut off what was logged
 * after the checkpoint, so that no step is there twice.
 *
 * @example
 * ```ts
 * import { EventLog } from "./event_log.ts";
 *
 * const folder = await Deno.makeTempDir();
 * const log = await EventLog.open(folder);
 * log.scalars(1, { "Loss/batch": 1.3, "LearningRate": 1e-4 });
 * await log.flush();
 * log.close();
 * await Deno.remove(folder, { recursive: true });
 * ```
 */
export class EventLog {
  readonly #path: string;
  readonly #file: Deno.FsFile;
  #pending: Uint8Array[] = [];
  #length = 0;

  private constructor(path: string, file: Deno.FsFile) {
    this.#path = path;
    this.#file = file;
    this.#add(concat([tag(1, 1), float64(Date.now() / 1000), text(3, "brain.Event:2")]));
  }

  /**
   * Starts a new event file in a folder; the folder is made where it is missing.
   *
   * @param resume Where a checkpoint left the folder: what is newer is cut off first.
   */
  static async open(folder: string, resume?: EventPosition): Promise<EventLog> {
    await Deno.mkdir(folder, { recursive: true });
    const old = await eventFiles(folder);
    if (resume !== undefined) {
      for (const name of old) {
        if (name > resume.file) await Deno.remove(join(folder, name));
        else if (name === resume.file) await Deno.truncate(join(folder, name), resume.length);
      }
    }
    // TensorBoard reads files in the order of their names; a counter keeps it within one second.
    const seconds = String(Math.floor(Date.now() / 1000)).padStart(10, "0");
    for (let i = 0;; i++) {
      const name = `events.out.tfevents.${seconds}.${String(i).padStart(3, "0")}`;
      const newest = old.at(-1);
      if (newest !== undefined && name <= newest) continue;
      const path = join(folder, name);
      return new EventLog(path, await Deno.open(path, { write: true, createNew: true }));
    }
  }

  /**
   * Adds values at one step.
   *
   * @param step What TensorBoard draws along x: a batch or an epoch, by tag.
   * @param values Tag to value.
   */
  scalars(step: number, values: Record<string, number>): void {
    const summary = Object.entries(values).map(([name, value]) =>
      message(1, concat([text(1, name), tag(2, 5), float32(value)]))
    );
    this.#add(concat([
      concat([tag(1, 1), float64(Date.now() / 1000)]),
      concat([tag(2, 0), varint(step)]),
      message(5, concat(summary)),
    ]));
  }

  /** Writes what is pending to disk and tells how far the file now reaches. */
  async flush(): Promise<EventPosition> {
    const bytes = concat(this.#pending);
    this.#pending = [];
    try {
      await writeAll(this.#file, bytes);
      await this.#file.syncData(); // before a checkpoint counts on it
    } catch (error) {
      throw writeError(error, this.#path);
    }
    this.#length += bytes.length;
    return { file: basename(this.#path), length: this.#length };
  }

  /** Closes the file; values that were not flushed are lost. */
  close(): void {
    this.#file.close();
  }

  #add(event: Uint8Array): void {
    const length = new Uint8Array(8);
    new DataView(length.buffer).setBigUint64(0, BigInt(event.length), true);
    this.#pending.push(length, maskedCrc(length), event, maskedCrc(event));
  }
}

async function eventFiles(folder: string): Promise<string[]> {
  const names: string[] = [];
  for await (const { name, isFile } of Deno.readDir(folder)) {
    if (isFile && name.startsWith("events.out.tfevents.")) names.push(name);
  }
  return names.sort();
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

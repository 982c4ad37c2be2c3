import type { Arena } from "./arena.ts";
import { type Buffer, type BufferName, placeParts, type Places } from "./buffers.ts";

/**
 * Bytes between buffers. Large ones are often whole pages of 4 kB long, and a processor makes a load
 * wait for a store to the same place of another page: without it a training step takes 3 % longer.
 */
const STAGGER = 1024;

/** A part of a record in memory. */
export interface Range {
  name: string;
  begin: number;
  end: number;
}

/** Buffers that are released together. */
export class Allocation {
  readonly #arena: Arena;
  readonly #pieces: number[] = [];
  readonly #buffers = new Map<string, Buffer & { at: number; places: Places }>();

  /** @param arena Their memory. */
  constructor(arena: Arena) {
    this.#arena = arena;
  }

  /**
   * Allocates buffers; their content is undefined.
   *
   * @throws {InputError} If the memory cannot grow enough.
   */
  add(buffers: Partial<Record<BufferName, Buffer>>): void {
    const { guard } = this.#arena;
    for (const [name, buffer] of Object.entries(buffers)) {
      const places = placeParts(buffer.parts, guard);
      const bytes = guard + buffer.records * places.bytes + STAGGER;
      const piece = this.#arena.allocate(bytes);
      // In a checked build, uninitialised memory is NaN.
      if (guard > 0) this.#arena.bytes.fill(255, piece, piece + bytes);
      this.#pieces.push(piece);
      this.#buffers.set(name, { ...buffer, at: piece + guard, places });
    }
  }

  /** The fields of a job with the addresses of the buffers. */
  fields(): Record<string, number> {
    return Object.fromEntries(
      [...this.#buffers].flatMap(([name, { at, places }]) => [
        [name, at],
        [`${name}Bytes`, places.bytes],
      ]),
    );
  }

  /** The address of a buffer's first record. */
  address(name: BufferName): number {
    return this.#buffers.get(name)!.at;
  }

  /** A part of a record, as floats; valid until memory is allocated, which may move it. */
  floats(name: BufferName, part = "all", record = 0): Float32Array {
    const { at, places } = this.#buffers.get(name)!;
    const place = places.parts.get(part)!;
    const begin = (at + record * places.bytes + place.at) / 4;
    return this.#arena.floats.subarray(begin, begin + place.bytes / 4);
  }

  /** A buffer of one part, as integers; valid as long as {@linkcode Allocation.floats}'s are. */
  integers(name: BufferName): Int32Array {
    const { buffer, byteOffset, length } = this.floats(name);
    return new Int32Array(buffer, byteOffset, length);
  }

  /** The offsets of the parts of a buffer's first record, in integers. */
  words(name: BufferName): Record<string, number> {
    const { at, places } = this.#buffers.get(name)!;
    return Object.fromEntries(
      [...places.parts].map(([part, place]) => [part, (at + place.at) / 4]),
    );
  }

  /** Every part of every record. */
  ranges(): Range[] {
    return [...this.#buffers].flatMap(([buffer, { at, records, places }]) =>
      Array.from({ length: records }, (_, record) =>
        [...places.parts].map(([part, place]) => {
          const begin = at + record * places.bytes + place.at;
          return { name: `${buffer}[${record}].${part}`, begin, end: begin + place.bytes };
        })).flat()
    );
  }

  /** Releases the memory. */
  release(): void {
    this.#buffers.clear();
    for (const piece of this.#pieces.splice(0)) this.#arena.release(piece);
  }
}

/**
 * The checked build of the kernels: every load and store must be within one part of one buffer of
 * the table. Parts are {@linkcode GUARD} bytes apart, so an overrun is found before it reaches the
 * next. For tests: the same bits, slowly.
 *
 * @module
 */

import type { Allocation, Range } from "./allocation.ts";
import type { Arena } from "./arena.ts";

/** AssemblyScript's memory accesses. */
const ACCESS = /(?<![\w.])(v128\.(?:load|store)\w*|(?:atomic|memory)\.\w+|load|store)(?=[<(])/g;

/**
 * The kernels' sources with each access to memory replaced by a checked one: `v128.load` by
 * `checked_v128_load` of `assembly/checked.ts`. One that is not there does not compile.
 */
export function checkSources(sources: ReadonlyMap<string, string>): Map<string, string> {
  return new Map([...sources].map(([name, source]) => {
    const names = new Set<string>();
    const text = name === "checked.ts" ? source : source.replace(ACCESS, (access) => {
      const checked = `checked_${access.replace(".", "_")}`;
      names.add(checked);
      return checked;
    });
    return [name, `import { ${[...names].join(", ")} } from "./checked";\n${text}`];
  }));
}

/** The memory ranges that a job may access, for a checked build; nothing in other builds. */
export class CheckedRanges {
  readonly #arena: Arena;
  readonly #ranges: Range[] = [];
  readonly #at: number = 0;

  /** @param allocations All buffers of the job. */
  constructor(arena: Arena, allocations: readonly Allocation[]) {
    this.#arena = arena;
    if (arena.guard === 0) return;
    this.#ranges = allocations.flatMap((allocation) => allocation.ranges())
      .filter(({ begin, end }) => begin < end).sort((a, b) => a.begin - b.begin);
    this.#at = arena.allocate(8 * this.#ranges.length);
    arena.integers.set(this.#ranges.flatMap(({ begin, end }) => [begin, end]), this.#at / 4);
  }

  /** The fields of a job with their position. */
  fields(): Record<"ranges" | "rangeCount", number> {
    return { ranges: this.#at, rangeCount: this.#ranges.length };
  }

  /** Describes the part next to an access. */
  describe(address: number, bytes: number): string {
    const before = this.#ranges.findLast(({ begin }) => begin <= address);
    const next = before
      ? `${address - before.begin} bytes into ${before.name}, which has ${
        before.end - before.begin
      }`
      : "before all buffers";
    return `The kernels accessed ${bytes} bytes at ${address}, ${next}`;
  }

  [Symbol.dispose](): void {
    if (this.#at > 0) this.#arena.release(this.#at);
  }
}

/**
 * Writes the kernels' work on neighbouring cells and on single rows as AssemblyScript text: straight
 * lines with constant offsets, two neighbouring vectors at a time, for the reasons that `products.ts`
 * gives.
 *
 * @module
 */

import { TILE } from "./buffers.ts";

const range = (n: number) => Array.from({ length: n }, (_, i) => i);
const lines = (texts: string[]) => texts.join("\n");

/** Bytes of rows that one turn of a sum adds. */
const TURN = 128;

/**
 * `to[0..TILE) = Σ kernel[ty, tx] · from[ty, 0..TILE + tx]` for a pair of vectors, added to what is
 * there with `add`: each weight is loaded once for the cells of a tile.
 *
 * @param wide Whether both vectors at once or one after the other, see `Build`.
 */
function convolve(row: number, wide: boolean): string {
  const parts = (wide ? [[0, 1]] : [[0], [1]]).map((vectors) => convolveVectors(row, vectors));
  return `
export function convolveTile(from: usize, rowBytes: usize, kernel: usize, size: i32, to: usize, add: bool): void {
  ${lines(parts)}
}
`;
}

function convolveVectors(row: number, vectors: readonly number[]): string {
  const each = (make: (cell: number, s: number) => string) =>
    lines(range(TILE).flatMap((cell) => vectors.map((s) => make(cell, s))));
  return `{
  ${each((cell, s) => `let c${cell}${s} = f32x4.splat(0);`)}
  let seen = from;
  let weight = kernel;
  for (let ty = 0; ty < size; ty++) {
    let a = seen;
    for (let tx = 0; tx < size; tx++) {
      ${lines(vectors.map((s) => `const w${s} = v128.load(weight, ${s * 16});`))}
      ${
    each((cell, s) =>
      `c${cell}${s} = madd(v128.load(a, ${cell * row + s * 16}), w${s}, c${cell}${s});`
    )
  }
      a += ${row};
      weight += ${row};
    }
    seen += rowBytes;
  }
  if (add) {
    ${
    each((cell, s) =>
      `c${cell}${s} = f32x4.add(c${cell}${s}, v128.load(to, ${cell * row + s * 16}));`
    )
  }
  }
  ${each((cell, s) => `v128.store(to, c${cell}${s}, ${cell * row + s * 16});`)}
  }`;
}

/**
 * `sums[ty, tx] += Σ slope[x] · seen[ty, x + tx]` over the cells of one row, for a pair of vectors:
 * the sums of `rows` × `taps` taps stay in registers.
 */
function correlate(name: string, row: number, rows: number, taps: number): string {
  const each = (make: (ty: number, tx: number, s: number) => string) =>
    lines(
      range(rows).flatMap((ty) =>
        range(taps).flatMap((tx) => range(2).map((s) => make(ty, tx, s)))
      ),
    );
  const at = (ty: number, tx: number, s: number) => (ty * taps + tx) * row + s * 16;
  return `
export function ${name}(slope: usize, seen: usize, rowBytes: usize, width: i32, sums: usize): void {
  ${each((ty, tx, s) => `let c${ty}${tx}${s} = v128.load(sums, ${at(ty, tx, s)});`)}
  for (let x = 0; x < width; x++) {
    ${lines(range(2).map((s) => `const s${s} = v128.load(slope, ${s * 16});`))}
    const seen0 = seen;
    ${lines(range(rows - 1).map((ty) => `const seen${ty + 1} = seen${ty} + rowBytes;`))}
    ${
    each((ty, tx, s) =>
      `c${ty}${tx}${s} = madd(s${s}, v128.load(seen${ty}, ${tx * row + s * 16}), c${ty}${tx}${s});`
    )
  }
    slope += ${row};
    seen += ${row};
  }
  ${each((ty, tx, s) => `v128.store(sums, c${ty}${tx}${s}, ${at(ty, tx, s)});`)}
}
`;
}

/**
 * A function of rows that is one expression for each vector, stored at `out`: every load before the
 * first store, since the revectorizer moves none past another.
 */
function rowwise(head: string, bytes: number, expression: (offset: number) => string): string {
  return `
// @inline
export function ${head}: void {
  ${lines(range(bytes / 16).map((s) => `const x${s} = ${expression(s * 16)};`))}
  ${lines(range(bytes / 16).map((s) => `v128.store(out, x${s}, ${s * 16});`))}
}
`;
}

/**
 * `sums += Σ rows`, rows of `bytes` bytes; cells a multiple of 4. Six or more sums run beside each
 * other, each as long as a block: longer ones would lose digits.
 */
function sumRows(name: string, bytes: number): string {
  // A turn takes whole rows, and the cells are a whole number of turns: 1, 2 or 4 rows.
  const [vectors, turns] = [bytes / 16, Math.max(1, Math.floor(TURN / bytes))];
  const each = (make: (turn: number, s: number) => string) =>
    lines(range(turns).flatMap((turn) => range(vectors).map((s) => make(turn, s))));
  const total = (s: number) =>
    range(turns).map((turn) => `c${turn}_${s}`).reduce((sum, c) => `f32x4.add(${sum}, ${c})`);
  return `
export function ${name}(rows: usize, cells: i32, sums: usize): void {
  ${each((turn, s) => `let c${turn}_${s} = f32x4.splat(0);`)}
  for (const end = rows + <usize>cells * ${bytes}; rows < end; rows += ${turns * bytes}) {
    ${
    each((turn, s) =>
      `c${turn}_${s} = f32x4.add(c${turn}_${s}, v128.load(rows, ${turn * bytes + s * 16}));`
    )
  }
  }
  ${
    lines(
      range(vectors).map((s) =>
        `const s${s} = f32x4.add(v128.load(sums, ${s * 16}), ${total(s)});`
      ),
    )
  }
  ${lines(range(vectors).map((s) => `v128.store(sums, s${s}, ${s * 16});`))}
}
`;
}

/**
 * All of it, for c channels, as one AssemblyScript module.
 *
 * @param wide See `Build`.
 */
export function stencilsSource(c: number, wide: boolean): string {
  const row = c * 4;
  const load = (name: string) => (offset: number) => `v128.load(${name}, ${offset})`;
  const [out, a, b] = [load("out"), load("a"), load("b")];
  return [
    `import { madd } from "./simd";`,
    convolve(row, wide),
    correlate("correlate3", row, 3, 3),
    correlate("correlate7", row, 1, 7),
    correlate("correlate1", row, 1, 1),
    sumRows("sumRows", row),
    sumRows("sumLongRows", 2 * row),
    // Rows of c numbers: of the state, of perception, of their gradients.
    rowwise("copyRow(out: usize, a: usize)", row, a),
    rowwise("addRow(out: usize, a: usize)", row, (at) => `f32x4.add(${out(at)}, ${a(at)})`),
    rowwise(
      "subtractRows(out: usize, a: usize, b: usize)",
      row,
      (at) => `f32x4.sub(${a(at)}, ${b(at)})`,
    ),
    // Rows of 2c numbers.
    rowwise("addLongRow(out: usize, a: usize)", 2 * row, (at) => `f32x4.add(${out(at)}, ${a(at)})`),
  ].join("\n");
}

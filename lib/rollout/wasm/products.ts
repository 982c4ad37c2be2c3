/**
 * Writes the register-tiled products of the kernels as AssemblyScript text.
 *
 * A product is fast if every multiply-add works on registers: a tile of `ROWS` × four vectors stays
 * in registers over the whole sum, and offsets are constants in the instructions. AssemblyScript
 * can neither unroll a loop nor take a constant offset as an argument, so the code is generated
 * here, for the model's shape.
 *
 * The tile suits V8's revectorizer, which joins neighbouring vectors into 256 bits if the tasks'
 * flags allow it (see `docs/cpu_engine.md`): 4 × 4 vectors are then 8 of its 16 registers. Measured
 * on one core, peak 59 GFLOP/s with 128 bits: 90 to 105 GFLOP/s with the flags, 38 to 41 without;
 * the 4 × 2 tile that fits 128-bit registers reaches 65 and 38. Browsers have no such flag, and need
 * none to leave out bounds checks: there the 4 × 2 tile, one term at a time, takes 0.8 of the time.
 *
 * @module
 */

/** Rows (cells) of a tile. */
const ROWS = 4;

/** Terms of a sum that one turn of the inner loop adds: as many as leave all its values in registers. */
const unroll = (wide: boolean) => wide ? 2 : 1;

/** What to do with a tile of the product once it is summed. */
type Epilogue = "store" | "relu" | "gate";

/** A product of a tall matrix with a small one. */
export interface MatmulShape {
  name: string;
  /** Terms of each sum: columns of `a`, rows of `w`; a multiple of 4. */
  terms: number;
  /** Columns of `w` and of the result; a multiple of 8. */
  columns: number;
  /**
   * `store` the tile; `relu` it first; or `gate`: keep it only where the result's old value is
   * positive (the gradient of ReLU), and add its rows' sum to `sums`.
   */
  epilogue: Epilogue;
}

const range = (n: number) => Array.from({ length: n }, (_, i) => i);
const lines = (texts: string[]) => texts.join("\n");

/** Vectors in a row of a tile, for results of so many columns. */
const vectorsOf = (columns: number, wide: boolean) => wide && columns % 16 === 0 ? 4 : 2;

/** A tile of accumulators `c<row><vector>`. */
function tile(vectors: number, rows = ROWS) {
  return {
    bytes: vectors * 16,
    each: (make: (row: number, vector: number) => string) =>
      lines(range(rows).flatMap((r) => range(vectors).map((s) => make(r, s)))),
    /** Adds a[row] · w[columns] of one term: offsets of a's rows and of w's vectors in bytes. */
    term: (u: number, a: (row: number) => number, w: number) =>
      lines([
        ...range(vectors).map((s) => `const w${s}_${u} = v128.load(wk, ${w + s * 16});`),
        ...range(rows).flatMap((r) => [
          `const a${r}_${u} = v128.load32_splat(ak, ${a(r)});`,
          ...range(vectors).map((s) => `c${r}${s} = madd(a${r}_${u}, w${s}_${u}, c${r}${s});`),
        ]),
      ]),
  };
}

/**
 * `out[cells × columns] = initial + a[cells × terms] · w[terms × columns]`, all row-major and
 * dense, `initial` one row. Cells a multiple of 4.
 */
function matmul({ name, terms, columns, epilogue }: MatmulShape, wide: boolean): string {
  const [aRow, wRow] = [terms * 4, columns * 4];
  const [vectors, turn] = [vectorsOf(columns, wide), unroll(wide)];
  const { bytes, each, term } = tile(vectors);
  const zero = "f32x4.splat(0)";
  const at = (r: number, s: number) => r * wRow + s * 16;
  const epilogues: Record<Epilogue, string> = {
    store: each((r, s) => `v128.store(o, c${r}${s}, ${at(r, s)});`),
    relu: each((r, s) => `v128.store(o, f32x4.max(c${r}${s}, ${zero}), ${at(r, s)});`),
    gate: lines([
      // Every load before the first store: the revectorizer moves none past another.
      each((r, s) =>
        `c${r}${s} = v128.and(c${r}${s}, f32x4.gt(v128.load(o, ${at(r, s)}), ${zero}));`
      ),
      ...range(vectors).map((s) =>
        `const sum${s} = f32x4.add(v128.load(sums + j, ${s * 16}), ${
          range(ROWS).map((r) => `c${r}${s}`).reduce((sum, c) => `f32x4.add(${sum}, ${c})`)
        });`
      ),
      each((r, s) => `v128.store(o, c${r}${s}, ${at(r, s)});`),
      ...range(vectors).map((s) => `v128.store(sums + j, sum${s}, ${s * 16});`),
    ]),
  };
  return `
export function ${name}(a: usize, w: usize, initial: usize, out: usize, cells: i32${
    epilogue === "gate" ? ", sums: usize" : ""
  }): void {
  for (let cell = 0; cell < cells; cell += ${ROWS}) {
    for (let j: usize = 0; j < ${wRow}; j += ${bytes}) {
      ${each((r, s) => `let c${r}${s} = v128.load(initial + j, ${s * 16});`)}
      let ak = a;
      let wk = w + j;
      const end = a + ${aRow};
      while (ak < end) {
        ${lines(range(turn).map((u) => term(u, (r) => r * aRow + u * 4, u * wRow)))}
        ak += ${turn * 4};
        wk += ${turn * wRow};
      }
      const o = out + j;
      ${epilogues[epilogue]}
    }
    a += ${ROWS * aRow};
    out += ${ROWS * wRow};
  }
}
`;
}

/** A sum of outer products. */
export interface OuterShape {
  name: string;
  /** Columns of `a`, rows of the result; a multiple of 4. */
  rows: number;
  /** Columns of `b` and of the result; a multiple of 8. */
  columns: number;
  /** Leave out the tiles that lie wholly below the diagonal. */
  upper?: boolean;
}

/**
 * `out[rows × columns] += aᵀ · b` with a [cells × rows] and b [cells × columns], all row-major and
 * dense; cells a multiple of 4.
 */
function outer({ name, rows, columns, upper }: OuterShape, wide: boolean): string {
  const [aRow, bRow, turn] = [rows * 4, columns * 4, unroll(wide)];
  // Square tiles cover a triangle with least beside it.
  const tileRows = upper && wide ? 8 : ROWS;
  const { bytes, each, term } = tile(upper ? 2 : vectorsOf(columns, wide), tileRows);
  return `
export function ${name}(a: usize, b: usize, out: usize, cells: i32): void {
  for (let i: usize = 0; i < ${rows * 4}; i += ${tileRows * 4}) {
    for (let j: usize = ${upper ? `i & ~${bytes - 1}` : 0}; j < ${bRow}; j += ${bytes}) {
      const o = out + (i >> 2) * ${bRow} + j;
      ${each((r, s) => `let c${r}${s} = v128.load(o, ${r * bRow + s * 16});`)}
      let ak = a + i;
      let wk = b + j;
      const end = ak + cells * ${aRow};
      while (ak < end) {
        ${lines(range(turn).map((u) => term(u, (r) => u * aRow + r * 4, u * bRow)))}
        ak += ${turn * aRow};
        wk += ${turn * bRow};
      }
      ${each((r, s) => `v128.store(o, c${r}${s}, ${r * bRow + s * 16});`)}
    }
  }
}
`;
}

/**
 * All products of the kernels, for c channels and h hidden units, as one AssemblyScript module.
 *
 * @param wide See `Build`.
 */
export function productsSource(c: number, h: number, wide: boolean): string {
  const v = 2 * c;
  const [sums, products] = [
    (shape: OuterShape) => outer(shape, wide),
    (shape: MatmulShape) => matmul(shape, wide),
  ];
  return [
    `import { madd } from "./simd";`,
    // Σ v vᵀ
    sums({ name: "covariance", rows: v, columns: v, upper: true }),
    // y = relu(A v + β), change = W2 y + b2
    products({ name: "fc1", terms: v, columns: h, epilogue: "relu" }),
    products({ name: "fc2", terms: h, columns: c, epilogue: "store" }),
    // dW2 += g yᵀ, dy = W2ᵀ g · [y > 0]
    sums({ name: "fc2Gradient", rows: c, columns: h }),
    products({ name: "fc2Input", terms: c, columns: h, epilogue: "gate" }),
    // D += dy vᵀ, dv = Aᵀ dy
    sums({ name: "foldedGradient", rows: h, columns: v }),
    products({ name: "foldedInput", terms: h, columns: v, epilogue: "store" }),
    // dv = M v + t, and W1 G
    products({ name: "dense", terms: v, columns: v, epilogue: "store" }),
    // M = (s W1)ᵀ W1
    sums({ name: "map", rows: v, columns: v }),
  ].join("\n");
}

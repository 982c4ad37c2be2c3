/**
 * Writes the register-tiled products of the kernels as AssemblyScript text.
 *
 * A product is fast where every multiply-add works on registers: a tile of `rows` × `vectors`
 * accumulators (4 × 2) stays in registers over the whole sum, so that 6 loads feed 8 fused
 * multiply-adds, and offsets are constants in the instructions. AssemblyScript can neither unroll a
 * loop nor take a constant offset as an argument, so the text is made here, for the model's shape.
 *
 * @module
 */

/** Rows (cells) and vectors (of four columns) that a tile holds in registers. */
const ROWS = 4;
const VECTORS = 2;

/** Terms of a sum that one turn of the inner loop adds. */
const UNROLL = 4;

/** What becomes of a tile of the product once it is summed. */
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
const each = (make: (row: number, vector: number) => string) =>
  range(ROWS).flatMap((r) => range(VECTORS).map((s) => make(r, s))).join("\n");

/**
 * `out[cells × columns] = initial + a[cells × terms] · w[terms × columns]`, all row-major and
 * dense, `initial` one row or 0 for zeros; cells a multiple of 4.
 */
export function matmul({ name, terms, columns, epilogue }: MatmulShape): string {
  const [aRow, wRow] = [terms * 4, columns * 4];
  const inner = range(UNROLL).map((u) => `
        ${
    range(VECTORS).map((s) => `const w${s}_${u} = v128.load(wk, ${u * wRow + s * 16});`).join("\n")
  }
        ${
    range(ROWS).map((r) => `
        const a${r}_${u} = v128.load32_splat(ak, ${r * aRow + u * 4});
        ${
      range(VECTORS).map((s) => `c${r}${s} = madd(a${r}_${u}, w${s}_${u}, c${r}${s});`).join("\n")
    }`).join("")
  }`)
    .join("\n");
  const epilogues: Record<Epilogue, string> = {
    store: each((r, s) => `v128.store(o, c${r}${s}, ${r * wRow + s * 16});`),
    relu: each((r, s) =>
      `v128.store(o, f32x4.max(c${r}${s}, f32x4.splat(0)), ${r * wRow + s * 16});`
    ),
    gate:
      each((r, s) =>
        `c${r}${s} = v128.and(c${r}${s}, f32x4.gt(v128.load(o, ${
          r * wRow + s * 16
        }), f32x4.splat(0)));
       v128.store(o, c${r}${s}, ${r * wRow + s * 16});`
      ) +
      range(VECTORS).map((s) => `
      v128.store(sums + j, f32x4.add(v128.load(sums + j, ${s * 16}),
        ${range(ROWS).map((r) => `c${r}${s}`).reduce((sum, c) => `f32x4.add(${sum}, ${c})`)}), ${
        s * 16
      });`).join(""),
  };
  return `
export function ${name}(a: usize, w: usize, initial: usize, out: usize, cells: i32${
    epilogue === "gate" ? ", sums: usize" : ""
  }): void {
  for (let cell = 0; cell < cells; cell += ${ROWS}) {
    for (let j: usize = 0; j < ${wRow}; j += ${VECTORS * 16}) {
      ${
    range(VECTORS).map((s) =>
      `const i${s} = initial ? v128.load(initial + j, ${s * 16}) : f32x4.splat(0);`
    ).join("\n")
  }
      ${each((r, s) => `let c${r}${s} = i${s};`)}
      let ak = a;
      let wk = w + j;
      const end = a + ${aRow};
      while (ak < end) {${inner}
        ak += ${UNROLL * 4};
        wk += ${UNROLL * wRow};
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
export function outer({ name, rows, columns, upper }: OuterShape): string {
  const [aRow, bRow] = [rows * 4, columns * 4];
  const inner = range(UNROLL).map((u) => `
        ${
    range(VECTORS).map((s) => `const b${s}_${u} = v128.load(bk, ${u * bRow + s * 16});`).join("\n")
  }
        ${
    range(ROWS).map((r) => `
        const a${r}_${u} = v128.load32_splat(ak, ${u * aRow + r * 4});
        ${
      range(VECTORS).map((s) => `c${r}${s} = madd(a${r}_${u}, b${s}_${u}, c${r}${s});`).join("\n")
    }`).join("")
  }`)
    .join("\n");
  return `
export function ${name}(a: usize, b: usize, out: usize, cells: i32): void {
  for (let i: usize = 0; i < ${rows * 4}; i += ${ROWS * 4}) {
    for (let j: usize = ${upper ? `i & ~${VECTORS * 16 - 1}` : 0}; j < ${bRow}; j += ${
    VECTORS * 16
  }) {
      const o = out + (i >> 2) * ${bRow} + j;
      ${each((r, s) => `let c${r}${s} = v128.load(o, ${r * bRow + s * 16});`)}
      let ak = a + i;
      let bk = b + j;
      const end = ak + cells * ${aRow};
      while (ak < end) {${inner}
        ak += ${UNROLL * aRow};
        bk += ${UNROLL * bRow};
      }
      ${each((r, s) => `v128.store(o, c${r}${s}, ${r * bRow + s * 16});`)}
    }
  }
}
`;
}

/** All products of the kernels, for c channels and h hidden units, as one AssemblyScript module. */
export function productsSource(c: number, h: number): string {
  const v = 2 * c;
  return [
    `import { madd } from "./simd";`,
    // Σ v vᵀ
    outer({ name: "covariance", rows: v, columns: v, upper: true }),
    // y = relu(A v + β), change = W2 y + b2
    matmul({ name: "fc1", terms: v, columns: h, epilogue: "relu" }),
    matmul({ name: "fc2", terms: h, columns: c, epilogue: "store" }),
    // dW2 += g yᵀ, dy = W2ᵀ g · [y > 0]
    outer({ name: "fc2Gradient", rows: c, columns: h }),
    matmul({ name: "fc2Input", terms: c, columns: h, epilogue: "gate" }),
    // D += dy vᵀ, dv = Aᵀ dy
    outer({ name: "foldedGradient", rows: h, columns: v }),
    matmul({ name: "foldedInput", terms: h, columns: v, epilogue: "store" }),
    // dv = M v + t
    matmul({ name: "dense", terms: v, columns: v, epilogue: "store" }),
  ].join("\n");
}

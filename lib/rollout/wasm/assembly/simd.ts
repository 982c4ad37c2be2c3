// One fused multiply-add where the machine has relaxed SIMD, else a product and a sum.

// @inline
export function madd(a: v128, b: v128, c: v128): v128 {
  if (ASC_FEATURE_RELAXED_SIMD) return f32x4.relaxed_madd(a, b, c);
  return f32x4.add(f32x4.mul(a, b), c);
}

// @inline
export function sum(a: v128): f32 {
  return (f32x4.extract_lane(a, 0) + f32x4.extract_lane(a, 1)) +
    (f32x4.extract_lane(a, 2) + f32x4.extract_lane(a, 3));
}

/** The float64 numbers at out += the float32 numbers at a; bytes of a a multiple of 8. */
export function accumulateDoubles(out: usize, a: usize, bytes: usize): void {
  for (let i: usize = 0; i < bytes; i += 8) {
    const x = f64x2.promote_low_f32x4(v128.load64_zero(a + i));
    v128.store(out + 2 * i, f64x2.add(v128.load(out + 2 * i), x));
  }
}

/** out += a, element by element; bytes a multiple of 16. */
export function accumulate(out: usize, a: usize, bytes: usize): void {
  for (let i: usize = 0; i < bytes; i += 16) {
    v128.store(out + i, f32x4.add(v128.load(out + i), v128.load(a + i)));
  }
}

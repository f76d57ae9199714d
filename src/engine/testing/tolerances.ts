/**
 * How far a kernel (f32) may differ from its twin (f64): the largest difference, relative to the largest value. Half
 * a unit of f32 is 2⁻²⁴ ≈ 6e-8.
 */
export interface Tolerance {
  readonly relative: number;
  readonly reason: string;
}

export interface AbsoluteTolerance {
  readonly absolute: number;
  readonly reason: string;
}

export const TOLERANCES = {
  copy: { relative: 0, reason: 'values are copied, or scaled by a power of two' },
  product: { relative: 2e-6, reason: 'sums of up to some hundred products, each rounded' },
  rmsnorm: { relative: 2e-6, reason: 'one sum a row, and inverseSqrt within 2 ulp' },
  rope: { relative: 5e-7, reason: 'two products and a sum; the table is rounded to f32' },
  activation: {
    relative: 2e-6,
    reason: 'exp is allowed 3 + 2|x| ulp, tanh an error of 1e-5 near 0 that no adapter here shows',
  },
  softmax: { relative: 5e-6, reason: 'exp of differences of scores, within 3 + 2|x| ulp, and sums of products' },
  logprob: { relative: 2e-6, reason: 'log and exp of sums; a logit is a sum of products' },
  largeLogits: {
    relative: 5e-5,
    reason: 'the rounding of a logit of some hundreds, 2e-5, is a factor of its probability',
  },
  loss: { relative: 5e-6, reason: 'log, exp and quotients; log(1 + e) for small e by its series' },
  optimizer: { relative: 2e-6, reason: 'a square root and two quotients, 2.5 ulp each' },
  gumbel: {
    absolute: 5e-5,
    reason: '−log(−log(1 − v)): log may be wrong by 2⁻²¹ in [½, 2], which is 2.4e-5 of the inner one',
  },
} as const satisfies Readonly<Record<string, Tolerance | AbsoluteTolerance>>;

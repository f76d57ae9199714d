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
  product: { relative: 2e-6, reason: 'sums of up to a few hundred products, each rounded' },
  half: { relative: 2e-3, reason: 'f16 has eleven bits; a chain with a factor below 1 forgets its roundings' },
  halfTie: { relative: 1e-3, reason: 'f16 has eleven bits; a number near a tie may be rounded either way' },
  rmsnorm: { relative: 2e-6, reason: 'one sum for each row, and inverseSqrt within 2 ulp' },
  rope: { relative: 5e-7, reason: 'two products and a sum; the table is rounded to f32' },
  activation: {
    relative: 2e-6,
    reason: 'exp may be off by 3 + 2|x| ulp; tanh may be off by 1e-5 near 0, but no tested adapter is',
  },
  softmax: { relative: 5e-6, reason: 'exp of differences of scores, within 3 + 2|x| ulp, and sums of products' },
  logprob: { relative: 2e-6, reason: 'log and exp of sums; a logit is a sum of products' },
  largeLogits: {
    relative: 5e-5,
    reason: 'a logit of a few hundred is rounded by 2e-5, which is a relative error of its probability',
  },
  loss: { relative: 5e-6, reason: 'log, exp and quotients; log(1 + e) for small e by its series' },
  optimizer: { relative: 2e-6, reason: 'a square root and two quotients, 2.5 ulp each' },
  gumbel: {
    absolute: 5e-5,
    reason: '−log(−log(1 − v)): log may be off by 2⁻²¹ in [½, 2], which is 2.4e-5 of the inner log',
  },
} as const satisfies Readonly<Record<string, Tolerance | AbsoluteTolerance>>;

/**
 * How far the engine may differ from PyTorch's numbers. PyTorch in float32 differs from double precision by up to
 * 1.3e-5 itself. A factor of ten to sixty more is allowed for sums in another order, fused multiply-add, and WGSL's
 * exp (3 + 2·|x| ULP) and division (2.5 ULP).
 */
export const PARITY_TOLERANCES = {
  embedding: { absolute: 1e-6, why: 'a table look-up' },
  hidden: { absolute: 2e-4, why: 'sums in another order' },
  logits: { absolute: 2e-4, why: 'like hidden states; logits reach ±10' },
  logps: { absolute: 2e-4, why: 'the log-sum-exp adds almost nothing to the error of the logits' },
  halfCacheLogits: { absolute: 2e-2, why: 'keys and values of f16 have eleven bits; logits reach ±10' },
  halfCacheLogps: { absolute: 1e-2, why: 'like those logits' },
  logpSums: { absolute: 1e-3, why: 'tens of token errors add up' },
  loss: { absolute: 5e-5, why: 'beta = 0.1 shrinks the error of the sums tenfold' },
  rewards: { absolute: 1e-4, why: 'beta times the error of two sums' },
  gradients: {
    ofMaximum: 2e-4,
    why: 'relative to the largest entry of the tensor: entries near 0 carry the absolute error of large ones',
  },
  gradNorm: { relative: 1e-4, why: 'dominated by large, accurate entries' },
  trajectoryLoss: { absolute: 2e-4, why: 'errors of up to ten steps; Adam normalises, so they grow slowly' },
  trajectoryGradNorm: { relative: 5e-4, why: 'like the losses' },
  exact: { absolute: 0, why: 'tokens; the margins are above 1e-3' },
  realLogits: { absolute: 2e-3, why: 'thirty layers; logits reach ±35' },
  realLogps: { absolute: 2e-3, why: 'like those logits' },
  realLogpSums: { absolute: 2e-2, why: 'tens of tokens' },
  realHalfCache: { absolute: 5e-2, why: 'keys and values of f16 have eleven bits, in thirty layers' },
  realLoss: { absolute: 1e-3, why: 'beta times the error of four sums' },
  realGradNorms: {
    absolute: 1e-2,
    why: 'ratios, by tensor: tiny norms in late layers carry the backward error of thirty layers',
  },
  realGradients: { ofMaximum: 1e-2, why: 'like their norms' },
  realGradNorm: { relative: 1e-3, why: 'dominated by large tensors' },
  finalAdapter: {
    rms: 5e-5,
    share: 0.01,
    beyond: 1e-4,
    absolute: 5e-3,
    why:
      'Adam divides by √v: where a gradient passes through 0, the last bits decide its sign, ' +
      'and with it a step of up to the learning rate',
  },
} as const;

export type ToleranceName = keyof typeof PARITY_TOLERANCES;

export interface Comparison {
  readonly quantity: string;
  readonly maxAbsolute: number;
  /** Relative to the largest expected value. */
  readonly maxRelative: number;
  readonly tolerance: string;
  readonly ok: boolean;
}

/** A value that is not finite is never within the tolerance. */
export function compare(
  quantity: string,
  got: ArrayLike<number>,
  expected: ArrayLike<number>,
  name: ToleranceName,
): Comparison {
  const tolerance = PARITY_TOLERANCES[name];
  let maxAbsolute = got.length === expected.length ? 0 : Number.NaN;
  let largest = 0;
  let squares = 0;
  let beyond = 0;
  for (let i = 0; i < expected.length; i++) {
    const difference = Math.abs((got[i] as number) - (expected[i] as number));
    // Math.max keeps NaN.
    maxAbsolute = Math.max(maxAbsolute, difference);
    largest = Math.max(largest, Math.abs(expected[i] as number));
    squares += difference ** 2;
    if ('beyond' in tolerance && difference > tolerance.beyond) beyond++;
  }
  const maxRelative = maxAbsolute === 0 ? 0 : maxAbsolute / largest;
  const result = (text: string, ok: boolean) => ({ quantity, maxAbsolute, maxRelative, tolerance: text, ok });
  if ('rms' in tolerance) {
    const rms = Math.sqrt(squares / Math.max(1, expected.length));
    const ok =
      rms <= tolerance.rms && beyond <= tolerance.share * expected.length && maxAbsolute <= tolerance.absolute;
    return result(
      `rms ${tolerance.rms} (${rms.toExponential(1)}), 1% beyond ${tolerance.beyond}, ${tolerance.absolute} abs`,
      ok,
    );
  }
  if ('ofMaximum' in tolerance) return result(`${tolerance.ofMaximum} of max`, maxRelative <= tolerance.ofMaximum);
  if ('relative' in tolerance) return result(`${tolerance.relative} rel`, maxRelative <= tolerance.relative);
  return result(name === 'exact' ? 'exact' : `${tolerance.absolute} abs`, maxAbsolute <= tolerance.absolute);
}

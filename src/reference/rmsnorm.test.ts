import { describe, expect, it } from 'vitest';
import { Rng } from '../lib/testing/rng';
import { rmsnormBackward, rmsnormForward } from './rmsnorm';
import { numericalGradient, randomArray, relativeError, weightedSum } from './testing/gradcheck';

describe.each([
  { N: 1, C: 1, offset: 0 },
  { N: 3, C: 7, offset: 0 },
  { N: 2, C: 16, offset: 1 },
])('rmsnorm N=$N C=$C offset=$offset', ({ N, C, offset }) => {
  const rng = new Rng(N, C);
  const inp = randomArray(rng, N * C);
  const weight = randomArray(rng, C);
  const dout = randomArray(rng, N * C);
  const eps = 1e-2;

  it('gives rows of root mean square 1, times the weight', () => {
    const ones = new Float64Array(C).fill(1 - offset);
    const out = rmsnormForward({ inp, weight: ones, eps: 0, offset });
    for (let n = 0; n < N; n++) {
      const row = out.subarray(n * C, (n + 1) * C);
      expect(weightedSum(row, row) / C).toBeCloseTo(1, 12);
    }
  });

  it('backward agrees with finite differences', () => {
    const numerical = numericalGradient(
      (x) => weightedSum(rmsnormForward({ inp: x, weight, eps, offset }), dout),
      inp,
    );
    expect(relativeError(rmsnormBackward({ inp, weight, eps, offset, dout }), numerical)).toBeLessThan(1e-7);
  });
});

import { describe, expect, it } from 'vitest';
import { Rng } from '../lib/testing/rng';
import { logprobBackward, logprobForward } from './logprob';
import { numericalGradient, randomArray, relativeError, weightedSum } from './testing/gradcheck';

describe('logprob', () => {
  const C = 5;
  const V = 11;
  const targets = Uint32Array.of(3, 0, 10);
  const rng = new Rng(1);
  const hidden = randomArray(rng, targets.length * C);
  const weight = randomArray(rng, V * C);
  const base = { hidden, weight, targets, C };

  it('gives probabilities that sum to 1', () => {
    const all = Uint32Array.from({ length: V }, (_, token) => token);
    const repeated = Float64Array.from({ length: V * C }, (_, i) => hidden[i % C] ?? 0);
    const { logps } = logprobForward({ ...base, hidden: repeated, targets: all });
    expect(logps.reduce((sum, logp) => sum + Math.exp(logp), 0)).toBeCloseTo(1, 12);
  });

  it('does not overflow', () => {
    const { logps } = logprobForward({ ...base, hidden: hidden.map((x) => 1e6 * x) });
    expect([...logps].every(Number.isFinite)).toBe(true);
  });

  it('backward agrees with finite differences', () => {
    const dlogps = randomArray(rng, targets.length);
    const { lse } = logprobForward(base);
    const numerical = numericalGradient(
      (x) => weightedSum(logprobForward({ ...base, hidden: x }).logps, dlogps),
      hidden,
    );
    expect(relativeError(logprobBackward({ ...base, lse, dlogps }), numerical)).toBeLessThan(1e-7);
  });
});

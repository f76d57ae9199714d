import { describe, expect, it } from 'vitest';
import { gumbels, kept, type Sample, sampleForward } from './sample';

const PLAIN = { temperature: 1, topK: 0, topP: 1 };
const log = (...probabilities: number[]): Float64Array => Float64Array.from(probabilities, Math.log);

/** N draws from the same logits, which differ in their positions. */
function draws(logits: Float64Array, N: number, sampling: Pick<Sample, 'temperature' | 'topK' | 'topP'>): Uint32Array {
  const V = logits.length;
  return sampleForward({
    ...sampling,
    logits: Float64Array.from({ length: N * V }, (_, i) => logits[i % V] ?? 0),
    V,
    seed: 11,
    streams: new Uint32Array(N).fill(5),
    candidates: Uint32Array.from({ length: N }, (_, n) => n % 8),
    positions: Uint32Array.from({ length: N }, (_, n) => Math.floor(n / 8)),
  });
}

describe('kept', () => {
  const logits = log(0.1, 0.4, 0.2, 0.2, 0.1);

  it('keeps everything by default', () => {
    expect(kept(logits, PLAIN)).toEqual([true, true, true, true, true]);
    expect(kept(logits, { ...PLAIN, topK: 5 })).toEqual([true, true, true, true, true]);
  });

  it('keeps the k largest and ties with the last', () => {
    expect(kept(logits, { ...PLAIN, topK: 1 })).toEqual([false, true, false, false, false]);
    expect(kept(logits, { ...PLAIN, topK: 2 })).toEqual([false, true, true, true, false]);
    expect(kept(logits, { ...PLAIN, topK: 3 })).toEqual([false, true, true, true, false]);
  });

  it('keeps the smallest set whose mass reaches p, and ties with the last', () => {
    expect(kept(logits, { ...PLAIN, topP: 0.01 })).toEqual([false, true, false, false, false]);
    expect(kept(logits, { ...PLAIN, topP: 0.39 })).toEqual([false, true, false, false, false]);
    expect(kept(logits, { ...PLAIN, topP: 0.41 })).toEqual([false, true, true, true, false]);
    expect(kept(logits, { ...PLAIN, topP: 0.81 })).toEqual([true, true, true, true, true]);
  });

  it('computes the mass after temperature, among the top k', () => {
    // Squared: 1, 16, 4, 4, 1 of 26.
    expect(kept(logits, { ...PLAIN, temperature: 0.5, topP: 0.6 })).toEqual([false, true, false, false, false]);
    // Among the first three 0.4 is half of the mass.
    expect(kept(logits, { temperature: 1, topK: 3, topP: 0.49 })).toEqual([false, true, false, false, false]);
    expect(kept(logits, { temperature: 1, topK: 0, topP: 0.49 })).toEqual([false, true, true, true, false]);
  });
});

describe('sample', () => {
  it('at temperature 0 takes the largest, with the lowest index among equals', () => {
    expect([...draws(Float64Array.of(-1, 3, 2, 3), 2, { ...PLAIN, temperature: 0 })]).toEqual([1, 1]);
  });

  it('depends on seed, stream, candidate and position only', () => {
    const V = 50;
    const at = (seed: number, stream: number, candidate: number, position: number): string =>
      gumbels({ seed, stream, candidate, position, V }).join();
    expect(at(1, 2, 3, 4)).toBe(at(1, 2, 3, 4));
    expect(new Set([at(1, 2, 3, 4), at(9, 2, 3, 4), at(1, 9, 3, 4), at(1, 2, 9, 4), at(1, 2, 3, 9)]).size).toBe(5);
    const logits = new Float64Array(V);
    expect(draws(logits, 24, PLAIN).subarray(0, 8)).toEqual(draws(logits, 8, PLAIN));
  });

  // Limits: chi-square with p = 0.001; the draws are fixed by the seed.
  it.each([
    { name: 'plain', sampling: PLAIN, expected: [0.05, 0.4, 0.2, 0.25, 0.1], limit: 18.5 },
    {
      name: 'temperature 2',
      sampling: { ...PLAIN, temperature: 2 },
      expected: [0.05, 0.4, 0.2, 0.25, 0.1].map(Math.sqrt),
      limit: 18.5,
    },
    { name: 'top-k 3', sampling: { ...PLAIN, topK: 3 }, expected: [0, 0.4, 0.2, 0.25, 0], limit: 13.8 },
    { name: 'top-p 0.6', sampling: { ...PLAIN, topP: 0.6 }, expected: [0, 0.4, 0, 0.25, 0], limit: 10.8 },
  ])('draws with the right frequencies: $name', ({ sampling, expected, limit }) => {
    const N = 20_000;
    const counts = new Array<number>(expected.length).fill(0);
    for (const token of draws(log(0.05, 0.4, 0.2, 0.25, 0.1), N, sampling)) counts[token] = (counts[token] ?? 0) + 1;
    const total = expected.reduce((sum, mass) => sum + mass, 0);
    let chiSquare = 0;
    for (const [token, mass] of expected.entries()) {
      const count = counts[token] ?? 0;
      if (mass === 0) expect(count).toBe(0);
      else chiSquare += (count - (N * mass) / total) ** 2 / ((N * mass) / total);
    }
    expect(chiSquare).toBeLessThan(limit);
  });
});

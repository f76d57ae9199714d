import { describe, expect, it } from 'vitest';
import { sentenceVectors } from './pooling';

/** Two texts of three places, the first of two tokens; width 2. */
const batch = { shape: [2, 3], attentionMask: Int32Array.of(1, 1, 0, 1, 1, 1) } as const;
const states = Float32Array.of(3, 0, 0, 4, 100, 100, 1, 0, 0, 0, 0, 1);
const vectors = (pooling: 'mean' | 'cls' | 'last') => [...sentenceVectors(states, [2, 3, 2], batch, pooling)];
const close = (found: readonly number[], expected: readonly number[]) =>
  found.forEach((x, i) => void expect(x).toBeCloseTo(expected[i] ?? Number.NaN, 6));

describe('the vector of a text', () => {
  it('is the mean of its tokens, padding apart, of length 1', () => {
    close(vectors('mean'), [0.6, 0.8, Math.SQRT1_2, Math.SQRT1_2]);
  });

  it('is the first token’s', () => {
    close(vectors('cls'), [1, 0, 1, 0]);
  });

  it('is the last token’s under the mask', () => {
    close(vectors('last'), [0, 1, 0, 1]);
  });

  it('that the model gives itself is only scaled, and zeros stay zeros', () => {
    close([...sentenceVectors(Float32Array.of(3, 4, 0, 0), [2, 2], batch, 'mean')], [0.6, 0.8, 0, 0]);
  });
});

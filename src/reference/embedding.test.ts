import { expect, it } from 'vitest';
import { embeddingForward } from './embedding';

it('looks rows up and scales them', () => {
  const weight = Float64Array.of(1, 2, 3, 4, 5, 6);
  const tokens = Uint32Array.of(2, 0, 2);
  expect(embeddingForward({ tokens, weight, C: 2 })).toEqual(Float64Array.of(5, 6, 1, 2, 5, 6));
  expect(embeddingForward({ tokens, weight, C: 2, scale: 10 })).toEqual(Float64Array.of(50, 60, 10, 20, 50, 60));
});

import { expect, it } from 'vitest';
import { multiplyAdd } from './probe';

it('equals the closed form x · fʳ + t · (1 − fʳ) / (1 − f), summed over the chains', () => {
  const [factor, term, rounds] = [0.75, 2, 12];
  const power = factor ** rounds;
  const closed = (x: number) => x * power + (term * (1 - power)) / (1 - factor);
  const out = multiplyAdd({ inp: Float64Array.of(3, -1), chains: 2, rounds, factor, term });
  expect(out[0]).toBeCloseTo(closed(3) + closed(4), 12);
  expect(out[1]).toBeCloseTo(closed(-1) + closed(0), 12);
});

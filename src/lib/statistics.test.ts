import { describe, expect, it } from 'vitest';
import { Random } from './random';
import { bootstrapInterval, mean, median, sum, zScores } from './statistics';

describe('statistics', () => {
  it('knows sums, means and medians', () => {
    expect(sum([])).toBe(0);
    expect(mean([])).toBeNull();
    expect(mean([1, 2, 6])).toBe(3);
    expect(median([])).toBeNull();
    expect(median([5, 1, 9])).toBe(5);
    expect(median([4, 1, 9, 2])).toBe(3);
  });

  it('takes a spread that is only rounding for none', () => {
    expect(zScores([0.1, 0.1, 0.1])).toEqual([0, 0, 0]);
    expect(zScores([1e9, 1e9, 1e9 + 1e-6])).toEqual([0, 0, 0]);
    expect(zScores([])).toEqual([]);
  });

  it('gives z-scores of mean 0 and population variance 1', () => {
    const random = new Random(1);
    const z = zScores(Array.from({ length: 50 }, () => random.float() * 100 - 30));
    expect(sum(z)).toBeCloseTo(0, 9);
    expect(sum(z.map((x) => x * x)) / 50).toBeCloseTo(1, 9);
  });

  it('covers the true mean about 95 times in 100', () => {
    const random = new Random(2);
    let covered = 0;
    for (let trial = 0; trial < 200; trial++) {
      const groups = Array.from({ length: 100 }, () => ({
        sum: (random.float() < 0.6 ? 1 : 0) + (random.float() < 0.6 ? 1 : 0),
        count: 2,
      }));
      const [low, high] = bootstrapInterval(groups, random, 400) ?? [0, 0];
      if (low <= 0.6 && 0.6 <= high) covered++;
    }
    expect(covered).toBeGreaterThan(180);
    expect(covered).toBeLessThan(200);
  });

  it('has no interval without samples, and a point where all are equal', () => {
    expect(bootstrapInterval([], new Random(1))).toBeNull();
    expect(bootstrapInterval([{ sum: 0, count: 0 }], new Random(1))).toBeNull();
    const equal = Array.from({ length: 5 }, () => ({ sum: 2, count: 2 }));
    expect(bootstrapInterval(equal, new Random(1))).toEqual([1, 1]);
  });

  it('has no interval of fewer than five groups: of one, every resample would be the same', () => {
    const groups = [0, 1, 0, 1, 1].map((sum) => ({ sum, count: 1 }));
    expect(bootstrapInterval(groups, new Random(1))).not.toBeNull();
    expect(bootstrapInterval(groups.slice(1), new Random(1))).toBeNull();
    expect(bootstrapInterval([...groups.slice(1), { sum: 0, count: 0 }], new Random(1))).toBeNull();
  });
});

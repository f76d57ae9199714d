import { describe, expect, it } from 'vitest';
import { Random } from './random';
import { bootstrapInterval, disagreement, histogram, mean, median, sum, zScores } from './statistics';
import { rankCorrelation } from './testing/rank-correlation';

describe('statistics', () => {
  it('knows sums, means and medians', () => {
    expect(sum([])).toBe(0);
    expect(mean([])).toBeNull();
    expect(mean([1, 2, 6])).toBe(3);
    expect(median([])).toBeNull();
    expect(median([5, 1, 9])).toBe(5);
    expect(median([4, 1, 9, 2])).toBe(3);
  });

  it('treats a spread that is only rounding error as none', () => {
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

  it('has no interval without samples, and an interval of width 0 if all samples are equal', () => {
    expect(bootstrapInterval([], new Random(1))).toBeNull();
    expect(bootstrapInterval([{ sum: 0, count: 0 }], new Random(1))).toBeNull();
    const equal = Array.from({ length: 5 }, () => ({ sum: 2, count: 2 }));
    expect(bootstrapInterval(equal, new Random(1))).toEqual([1, 1]);
  });

  it('has no interval of fewer than five groups', () => {
    const groups = [0, 1, 0, 1, 1].map((sum) => ({ sum, count: 1 }));
    expect(bootstrapInterval(groups, new Random(1))).not.toBeNull();
    expect(bootstrapInterval(groups.slice(1), new Random(1))).toBeNull();
    expect(bootstrapInterval([...groups.slice(1), { sum: 0, count: 0 }], new Random(1))).toBeNull();
  });
});

it('rank correlation is 1 for the same order, −1 for the reverse, and ignores pairs that one does not order', () => {
  expect(rankCorrelation([1, 2, 3], [10, 20, 90])).toBe(1);
  expect(rankCorrelation([1, 2, 3], [3, 2, 1])).toBe(-1);
  expect(rankCorrelation([1, 2, 3], [1, 3, 2])).toBeCloseTo(1 / 3, 12);
  expect(rankCorrelation([1, 2, 2], [1, 2, 3])).toBe(1);
  expect(rankCorrelation([1, null, 3], [3, 9, 4])).toBe(1);
  expect(rankCorrelation([1, 1, 1], [1, 2, 3])).toBeNull();
  expect(rankCorrelation([], [])).toBeNull();
});

it('disagreement is the share of pairs that two scorers order oppositely', () => {
  expect(
    disagreement([
      [1, 2, 3],
      [4, 5, 6],
      [0, 0, 1],
    ]),
  ).toBe(0);
  expect(
    disagreement([
      [1, 2],
      [2, 1],
    ]),
  ).toBe(1);
  expect(
    disagreement([
      [1, 2, 3],
      [1, 3, 2],
    ]),
  ).toBeCloseTo(1 / 3, 12);
  expect(
    disagreement([
      [1, 2],
      [5, 5],
    ]),
  ).toBeNull();
  expect(disagreement([[1, 2, 3]])).toBeNull();
});

it('a histogram counts every value once, in at most 25 intervals of a round width', () => {
  const values = Array.from({ length: 500 }, (_, i) => (i * 37) % 211);
  const { width, counts, median, longest, values: count } = histogram(values);
  expect([width, longest, count]).toEqual([10, 210, 500]);
  expect(counts.length).toBe(22);
  expect(counts.reduce((sum, n) => sum + n, 0)).toBe(500);
  expect(counts[0]).toBe(values.filter((value) => value < 10).length);
  expect(median).toBe(values.toSorted((a, b) => a - b)[250]);
});

it('an outlier does not flatten the histogram', () => {
  const { counts, width, longest } = histogram([...Array.from({ length: 199 }, (_, i) => i % 40), 60_000]);
  expect(longest).toBe(60_000);
  expect(width * counts.length).toBeLessThan(200);
  expect(counts.at(-1)).toBe(1);
});

it('a histogram of no values, of zeros and of one value', () => {
  expect(histogram([])).toMatchObject({ counts: [0, 0], values: 0, longest: 0 });
  expect(histogram([0, 0])).toMatchObject({ counts: [2, 0] });
  expect(histogram([7]).counts.reduce((sum, n) => sum + n, 0)).toBe(1);
});

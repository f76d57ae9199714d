import { expect, it } from 'vitest';
import { histogram } from './histogram';

it('counts every value once, in at most 25 intervals of a round width', () => {
  const values = Array.from({ length: 500 }, (_, i) => (i * 37) % 211);
  const { width, counts, median, longest, values: count } = histogram(values);
  expect([width, longest, count]).toEqual([10, 210, 500]);
  expect(counts.length).toBe(22);
  expect(counts.reduce((sum, n) => sum + n, 0)).toBe(500);
  expect(counts[0]).toBe(values.filter((value) => value < 10).length);
  expect(median).toBe(values.toSorted((a, b) => a - b)[250]);
});

it('keeps one giant from flattening the others', () => {
  const { counts, width, longest } = histogram([...Array.from({ length: 199 }, (_, i) => i % 40), 60_000]);
  expect(longest).toBe(60_000);
  expect(width * counts.length).toBeLessThan(200);
  expect(counts.at(-1)).toBe(1);
});

it('of nothing, of zeros and of one value', () => {
  expect(histogram([])).toMatchObject({ counts: [0, 0], values: 0, longest: 0 });
  expect(histogram([0, 0])).toMatchObject({ counts: [2, 0] });
  expect(histogram([7]).counts.reduce((sum, n) => sum + n, 0)).toBe(1);
});

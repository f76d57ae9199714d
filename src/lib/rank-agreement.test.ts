import { expect, it } from 'vitest';
import { disagreement, rankCorrelation } from './rank-agreement';

it('is 1 of one order, −1 of its reverse, and counts only what both order', () => {
  expect(rankCorrelation([1, 2, 3], [10, 20, 90])).toBe(1);
  expect(rankCorrelation([1, 2, 3], [3, 2, 1])).toBe(-1);
  expect(rankCorrelation([1, 2, 3], [1, 3, 2])).toBeCloseTo(1 / 3, 12);
  expect(rankCorrelation([1, 2, 2], [1, 2, 3])).toBe(1);
  expect(rankCorrelation([1, null, 3], [3, 9, 4])).toBe(1);
  expect(rankCorrelation([1, 1, 1], [1, 2, 3])).toBeNull();
  expect(rankCorrelation([], [])).toBeNull();
});

it('says how often scorers contradict each other', () => {
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

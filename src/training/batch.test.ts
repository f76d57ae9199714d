import { describe, expect, it } from 'vitest';
import { batchPairs, checkBatch, longestSequence, microBatches, pairRows } from './batch';

const pairs = [
  { prompt: [10, 11, 12], chosen: [20, 21, 2], rejected: [30, 2] },
  { prompt: [13], chosen: [22, 2], rejected: [31, 32, 33, 2] },
];

it('lays out branches first, then prompts; each branch row scores one token', () => {
  const batch = batchPairs(pairs);
  expect(batch).toMatchObject({ pairs: 2, rows: 13, scored: 11, chosenTokens: 5 });
  expect([...batch.tokens]).toEqual([12, 20, 21, 12, 30, 13, 22, 13, 31, 32, 33, 10, 11]);
  expect([...batch.targets]).toEqual([20, 21, 2, 30, 2, 22, 2, 31, 32, 33, 2]);
  expect([...batch.positions]).toEqual([2, 3, 4, 2, 3, 0, 1, 0, 1, 2, 3, 0, 1]);
  expect([...batch.branchOf]).toEqual([0, 0, 0, 1, 1, 2, 2, 3, 3, 3, 3]);
  expect([...batch.branches]).toEqual([0, 3, 3, 2, 5, 2, 7, 4]);
});

it('the ranges that a row sees and the rows that a key is visible to agree', () => {
  const { rows, ranges, visibleTo } = batchPairs(pairs);
  const at = (data: Uint32Array, row: number) =>
    [...data.subarray(4 * row, 4 * row + 4)] as [number, number, number, number];
  const within = (x: number, [a, b, c, d]: [number, number, number, number]) => (x >= a && x < b) || (x >= c && x < d);
  for (let n = 0; n < rows; n++) {
    for (let j = 0; j < rows; j++) {
      // `visibleTo` may include rows before the key in the run of a prompt, because `ranges` decides.
      if (within(j, at(ranges, n))) expect(within(n, at(visibleTo, j))).toBe(true);
    }
  }
  // The second row of the rejected branch sees both prompt rows, and its branch up to itself.
  expect(at(ranges, 4)).toEqual([11, 13, 3, 5]);
});

it('accepts pairs without a rejected completion', () => {
  const batch = batchPairs([{ prompt: [5, 6], chosen: [7, 2], rejected: [] }]);
  expect(batch).toMatchObject({ rows: 3, scored: 2 });
  expect([...batch.branches]).toEqual([0, 2, 2, 0]);
});

it('splits into micro-batches in order, within the limits of rows and pairs', () => {
  expect(microBatches([3, 3, 3, 9, 1], (rows) => rows, 7, 8)).toEqual([[3, 3], [3], [9], [1]]);
  expect(microBatches([1, 1, 1], (rows) => rows, 100, 2)).toEqual([[1, 1], [1]]);
  expect(pairs.map(pairRows)).toEqual([7, 6]);
});

describe('checkBatch', () => {
  const batch = batchPairs(pairs);
  const capacity = { rows: 13, scored: 11, pairs: 2 };
  const limits = { vocabulary: 34, positions: 5 };

  it('accepts a batch that fills its plan', () => {
    expect(() => checkBatch('batch', batch, capacity, limits)).not.toThrow();
  });

  it.each([
    [{ ...capacity, rows: 12 }, limits, 'The batch has 13 rows; the plan has room for 12.'],
    [{ ...capacity, scored: 10 }, limits, 'The batch has 11 scored rows; the plan has room for 10.'],
    [{ ...capacity, pairs: 1 }, limits, 'The batch has 2 pairs; the plan has room for 1.'],
    [capacity, { ...limits, positions: 4 }, 'Row 2 of the batch has position 4; the position table ends at 3.'],
    [capacity, { ...limits, vocabulary: 33 }, 'Row 10 of the batch has token 33; the vocabulary has 33 tokens.'],
    [capacity, { ...limits, vocabulary: 13 }, 'Row 1 of the batch has token 20; the vocabulary has 13 tokens.'],
  ])('refuses what exceeds %o, %o', (within, tables, message) => {
    expect(() => checkBatch('batch', batch, within, tables)).toThrow(
      expect.objectContaining({ code: 'batch-limit', message }),
    );
  });

  it('checks targets, which are not the input of any row', () => {
    const last = batchPairs([{ prompt: [1], chosen: [40], rejected: [] }]);
    expect(() => checkBatch('batch', last, capacity, limits)).toThrow(
      'Row 0 of the targets of the batch has token 40',
    );
  });
});

it('refuses a pair without a prompt', () => {
  expect(() => batchPairs([{ prompt: [], chosen: [1], rejected: [2] }])).toThrow(
    expect.objectContaining({ code: 'batch-limit' }),
  );
});

it('longestSequence counts a prompt with its longer completion', () => {
  expect(longestSequence(pairs)).toBe(6);
});

import { describe, expect, it } from 'vitest';
import { LabError } from '../lib/errors';
import { type BatchRows, checkCount, checkRows, checkTokens } from './batch-limits';

const LIMITS = { vocabulary: 100, positions: 8, keys: 3 };
const ROWS = {
  tokens: [5, 99, 0],
  positions: [0, 1, 7],
  kvRows: [0, 1, 2],
  ranges: [0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0, 3],
  visibleTo: [0, 3, 0, 0, 1, 3, 0, 0, 2, 3, 0, 0],
};

function failure(check: () => void): { code: string; message: string; advice: string } {
  try {
    check();
  } catch (error) {
    if (error instanceof LabError) return { code: error.code, message: error.message, advice: error.advice };
    throw error;
  }
  throw new Error('the check passed');
}

const failureOf = (change: Partial<BatchRows>) => failure(() => checkRows('batch', { ...ROWS, ...change }, LIMITS));

describe('checkRows', () => {
  it('accepts the last token, position and row', () => {
    expect(() => checkRows('batch', ROWS, LIMITS)).not.toThrow();
  });

  it.each([
    ['a token', { tokens: [5, 100, 0] }, 'Row 1 of the batch has token 100; the vocabulary has 100 tokens.'],
    ['no token', { tokens: [5, Number.NaN, 0] }, 'Row 1 of the batch has token NaN; the vocabulary has 100 tokens.'],
    ['a position', { positions: [0, 1, 8] }, 'Row 2 of the batch has position 8; the position table ends at 7.'],
    ['a kv row', { kvRows: [0, 3, 2] }, 'Row 1 of the batch writes kv row 3; there are 3.'],
    [
      'a visible range that is too long',
      { ranges: [0, 0, 0, 1, 0, 0, 0, 4, 0, 0, 0, 3] },
      'Row 1 of the batch sees kv rows 0 … 4; there are 3.',
    ],
    [
      'a prefix that ends before it begins',
      { ranges: [2, 1, 0, 1, 0, 0, 0, 2, 0, 0, 0, 3] },
      'Row 0 of the batch sees kv rows 2 … 1; there are 3.',
    ],
    [
      'a dependent range',
      { visibleTo: [0, 3, 0, 0, 1, 3, 0, 0, 2, 3, 0, 9] },
      'Row 2 of the batch is visible to rows 0 … 9; there are 3.',
    ],
  ])('refuses %s out of range', (_, change, message) => {
    expect(failureOf(change)).toMatchObject({ code: 'batch-limit', message });
  });

  it('says what to do', () => {
    expect(failureOf({ positions: [0, 1, 8] }).advice).toMatch(/shorter prompts|length limit/);
    expect(failureOf({ tokens: [5, 100, 0] }).advice).toMatch(/tokenizer/);
  });

  it('refuses inputs of different lengths', () => {
    expect(() => checkRows('batch', { ...ROWS, positions: [0, 1] }, LIMITS)).toThrow('3 tokens but 2, 3, 3');
  });
});

it('checkCount names the count and the limit', () => {
  expect(() => checkCount('batch', 'rows', 8, 8)).not.toThrow();
  expect(failure(() => checkCount('batch', 'rows', 9, 8)).message).toBe(
    'The batch has 9 rows; the plan has room for 8.',
  );
});

it('checkTokens refuses negative tokens', () => {
  expect(failure(() => checkTokens('prompt', [-1], 10)).code).toBe('batch-limit');
});

import { describe, expect, it } from 'vitest';
import type { Candidate } from '../../records/candidates';
import { lengthControl, withLengthControl } from './length-control';

const candidate = (index: number, change: Partial<Candidate>): Candidate => ({
  index,
  tokens: [],
  text: `text ${index}`,
  ended: true,
  thought: '',
  response: 'x',
  malformed: null,
  thoughtTokens: 0,
  responseTokens: 5,
  score: null,
  correct: null,
  s: null,
  ...change,
});

describe('length control', () => {
  it('subtracts rho times the standardised length from the standardised score', () => {
    expect(lengthControl([3, 1], [10, 30], 0)).toEqual([1, -1]);
    expect(lengthControl([3, 1], [10, 30], 0.25)).toEqual([1.25, -1.25]);
    expect(lengthControl([3, 1], [30, 10], 0.25)).toEqual([0.75, -0.75]);
  });

  it('leaves scores alone where all lengths are equal', () => {
    expect(lengthControl([3, 1], [20, 20], 0.5)).toEqual([1, -1]);
  });

  it('measures the response without its thought, and leaves out candidates that are malformed or not scored', () => {
    const candidates = withLengthControl(
      [
        candidate(0, { score: 1, responseTokens: 10, thoughtTokens: 500 }),
        candidate(1, { score: 9, malformed: 'truncated' }),
        candidate(2, { score: 0, responseTokens: 30 }),
        candidate(3, { responseTokens: 900 }),
      ],
      0.5,
    );
    expect(candidates.map(({ s }) => s)).toEqual([1.5, null, -1.5, null]);
  });
});

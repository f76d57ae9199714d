import { describe, expect, it } from 'vitest';
import type { Candidate } from '../../records/candidates';
import { choosePair, malformedPairLimit } from './choose-pair';
import { withLengthControl } from './length-control';

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

describe('what the golden cases do not say', () => {
  it('leaves out what the judge did not score', () => {
    const candidates = withLengthControl(
      [candidate(0, { score: 1 }), candidate(1, {}), candidate(2, { score: 0 })],
      0,
    );
    expect(candidates.map((c) => c.s)).toEqual([1, null, -1]);
    expect(choosePair(candidates, true)).toEqual({ chosen: 0, rejected: 2, rejectedMalformed: false });
  });

  it('has no pair where the judge scored nobody, malformed or not', () => {
    const candidates = [candidate(0, {}), candidate(1, { malformed: 'truncated' })];
    expect(choosePair(withLengthControl(candidates, 0.3), true)).toEqual({ none: 'judge-failed' });
  });

  it('marks a malformed rejected', () => {
    const candidates = withLengthControl([candidate(0, { malformed: 'no-marker' }), candidate(1, { score: 0 })], 0);
    expect(choosePair(candidates, true)).toEqual({ chosen: 1, rejected: 0, rejectedMalformed: true });
    expect(choosePair(candidates, false)).toEqual({ none: 'all-equal' });
  });

  it('allows at most the share of the prompts to reject a malformed one', () => {
    expect([
      malformedPairLimit(64, 0.25),
      malformedPairLimit(30, 0.25),
      malformedPairLimit(100, 0.29),
      malformedPairLimit(3, 0),
    ]).toEqual([16, 7, 29, 0]);
    expect(malformedPairLimit(10, 1)).toBe(10);
  });
});

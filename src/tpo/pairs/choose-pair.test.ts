import { describe, expect, it } from 'vitest';
import type { Candidate } from '../../records/candidates';
import { choosePair } from './choose-pair';
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

describe('pairs beyond the golden cases', () => {
  it('leave out candidates without a score', () => {
    const candidates = withLengthControl(
      [candidate(0, { score: 1 }), candidate(1, {}), candidate(2, { score: 0 })],
      0,
    );
    expect(candidates.map((c) => c.s)).toEqual([1, null, -1]);
    expect(choosePair(candidates, true)).toEqual({ chosen: 0, rejected: 2, rejectedMalformed: false });
  });

  it('are not made if the judge scored no candidate', () => {
    const candidates = [candidate(0, {}), candidate(1, { malformed: 'truncated' })];
    expect(choosePair(withLengthControl(candidates, 0.3), true)).toEqual({ none: 'judge-failed' });
  });

  it('mark a malformed rejected candidate', () => {
    const candidates = withLengthControl([candidate(0, { malformed: 'no-marker' }), candidate(1, { score: 0 })], 0);
    expect(choosePair(candidates, true)).toEqual({ chosen: 1, rejected: 0, rejectedMalformed: true });
    expect(choosePair(candidates, false)).toEqual({ none: 'all-equal' });
  });
});

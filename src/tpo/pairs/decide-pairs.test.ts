import { describe, expect, it } from 'vitest';
import { malformedPairLimit } from './decide-pairs';

describe('the pairs of an iteration', () => {
  it('reject malformed candidates in at most the configured share of prompts', () => {
    expect([
      malformedPairLimit(64, 0.25),
      malformedPairLimit(30, 0.25),
      malformedPairLimit(100, 0.29),
      malformedPairLimit(3, 0),
    ]).toEqual([16, 7, 29, 0]);
    expect(malformedPairLimit(10, 1)).toBe(10);
  });
});

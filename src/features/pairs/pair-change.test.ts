import { expect, it } from 'vitest';
import { pairChange } from './pair-change';

const pair = (chosen: number, rejected: number) => ({ chosen, rejected });

it.each([
  [pair(2, 0), pair(2, 0), 'same'],
  [pair(2, 0), pair(1, 0), 'other-chosen'],
  [pair(2, 0), pair(2, 1), 'other-rejected'],
  [pair(2, 0), pair(0, 2), 'swapped'],
  [pair(2, 0), pair(1, 3), 'other-both'],
  [pair(2, 0), { none: 'all-equal' }, 'lost'],
  [null, pair(0, 1), 'gained'],
  [null, { none: 'all-equal' }, 'same'],
  [{ none: 'all-equal' }, { none: 'judge-failed' }, 'same'],
] as const)('%j, then %j: %s', (before, after, change) => {
  expect(pairChange(before, after)).toBe(change);
});

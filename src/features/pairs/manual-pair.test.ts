import { describe, expect, it } from 'vitest';
import { candidate, rollout } from '../../tpo/testing/records';
import { noManualPair, withRole } from './manual-pair';

/** A rollout whose candidates have these values of s; null makes a malformed candidate. */
const of = (...scores: readonly (number | null)[]) =>
  rollout(
    scores.map((s, index) =>
      candidate({ index, s, text: `text ${index}`, malformed: s === null ? 'truncated' : null }),
    ),
    { none: 'all-equal' },
  );

describe('withRole', () => {
  it('changes one role and leaves the other', () => {
    expect(withRole(of(3, 2, 1), { chosen: 0, rejected: 2 }, 'chosen', 1)).toEqual({ chosen: 1, rejected: 2 });
    expect(withRole(of(3, 2, 1), { chosen: 0, rejected: 2 }, 'rejected', 1)).toEqual({ chosen: 0, rejected: 1 });
  });

  it('swaps the roles of a pair', () => {
    expect(withRole(of(3, 2, 1), { chosen: 0, rejected: 2 }, 'chosen', 2)).toEqual({ chosen: 2, rejected: 0 });
    expect(withRole(of(3, 2, 1), { chosen: 0, rejected: 2 }, 'rejected', 0)).toEqual({ chosen: 2, rejected: 0 });
  });

  it('never chooses a malformed candidate, whichever candidate gives up the role', () => {
    const pair = { chosen: 0, rejected: 2 };
    expect(withRole(of(3, 2, null), pair, 'chosen', 2)).toBe('A malformed candidate cannot be chosen.');
    expect(withRole(of(3, 2, null), pair, 'rejected', 0)).toEqual({ chosen: 1, rejected: 0 });
    expect(withRole(of(3, null), { chosen: 0, rejected: 1 }, 'rejected', 0)).toMatch(
      /^No other candidate is well-formed/,
    );
  });

  it('completes a first pair by score: the worst well-formed is rejected, or the best is chosen', () => {
    expect(withRole(of(1, 3, 2, null), null, 'chosen', 1)).toEqual({ chosen: 1, rejected: 0 });
    expect(withRole(of(1, 3, 2, null), null, 'rejected', 3)).toEqual({ chosen: 1, rejected: 3 });
    expect(withRole(of(1, null), null, 'chosen', 0)).toEqual({ chosen: 0, rejected: 1 });
  });

  it('says why it is not possible: the same text, nothing well-formed, or the role it already has', () => {
    const same = rollout([candidate({ index: 0 }), candidate({ index: 1 })], { none: 'same-text' });
    expect(withRole(same, null, 'chosen', 0)).toBe('All other candidates have the same text.');
    expect(withRole(of(null, null), null, 'rejected', 0)).toMatch(/^No other candidate is well-formed/);
    expect(withRole(of(2, 1), { chosen: 0, rejected: 1 }, 'rejected', 1)).toBe('It is already the rejected.');
  });

  it('pairs with a candidate of another text', () => {
    const twins = rollout(
      [
        candidate({ index: 0, s: 3, text: 'a' }),
        candidate({ index: 1, s: 2, text: 'b' }),
        candidate({ index: 2, s: 1, text: 'a' }),
      ],
      { none: 'all-equal' },
    );
    expect(withRole(twins, { chosen: 0, rejected: 1 }, 'rejected', 2)).toEqual({ chosen: 1, rejected: 2 });
  });
});

it('says why no pair can be made from a prompt', () => {
  expect(noManualPair(of(null, null))).toMatch(/^All candidates are malformed/);
  expect(noManualPair(of(1, null))).toBeNull();
  expect(noManualPair(rollout([candidate(), candidate({ index: 1 })], null))).toBe(
    'All candidates have the same text.',
  );
});

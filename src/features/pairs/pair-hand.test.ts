import { describe, expect, it } from 'vitest';
import { candidate, rollout } from '../../tpo/testing/records';
import { noPairByHand, withRole } from './pair-hand';

/** By its s; null: malformed. */
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

  it('turns a pair round', () => {
    expect(withRole(of(3, 2, 1), { chosen: 0, rejected: 2 }, 'chosen', 2)).toEqual({ chosen: 2, rejected: 0 });
    expect(withRole(of(3, 2, 1), { chosen: 0, rejected: 2 }, 'rejected', 0)).toEqual({ chosen: 2, rejected: 0 });
  });

  it('never makes a malformed one the chosen, whoever gives up that role', () => {
    const pair = { chosen: 0, rejected: 2 };
    expect(withRole(of(3, 2, null), pair, 'chosen', 2)).toBe('A malformed candidate is never chosen.');
    expect(withRole(of(3, 2, null), pair, 'rejected', 0)).toEqual({ chosen: 1, rejected: 0 });
    expect(withRole(of(3, null), { chosen: 0, rejected: 1 }, 'rejected', 0)).toMatch(
      /^No other candidate is well-formed/,
    );
  });

  it('finds the other of a first pair by score: the worst well-formed to reject, the best to choose', () => {
    expect(withRole(of(1, 3, 2, null), null, 'chosen', 1)).toEqual({ chosen: 1, rejected: 0 });
    expect(withRole(of(1, 3, 2, null), null, 'rejected', 3)).toEqual({ chosen: 1, rejected: 3 });
    expect(withRole(of(1, null), null, 'chosen', 0)).toEqual({ chosen: 0, rejected: 1 });
  });

  it('says why it cannot: the same text, nothing well-formed, its role already', () => {
    const same = rollout([candidate({ index: 0 }), candidate({ index: 1 })], { none: 'same-text' });
    expect(withRole(same, null, 'chosen', 0)).toBe('All others are the same text.');
    expect(withRole(of(null, null), null, 'rejected', 0)).toMatch(/^No other candidate is well-formed/);
    expect(withRole(of(2, 1), { chosen: 0, rejected: 1 }, 'rejected', 1)).toBe('It is the rejected already.');
  });

  it('pairs with another text than the one that has the role', () => {
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

it('a prompt of which no pair can be made says so', () => {
  expect(noPairByHand(of(null, null))).toMatch(/^All candidates are malformed/);
  expect(noPairByHand(of(1, null))).toBeNull();
  expect(noPairByHand(rollout([candidate(), candidate({ index: 1 })], null))).toBe(
    'All candidates are the same text.',
  );
});

import { describe, expect, it } from 'vitest';
import { at } from '../lib/at';
import { pairChange } from '../lib/pair-change';
import { withLengthControl } from './length-control';
import { PairDecider } from './pair-decider';
import { rejudge } from './rejudging';
import { candidate, rollout } from './testing/records';
import type { Candidate, PairChoice, Rollout } from './types';

const recipe = { rho: 0, malformedShare: 0.5 };
const pair = (chosen: number, rejected: number): PairChoice => ({ chosen, rejected, rejectedMalformed: false });
const bad: Partial<Candidate> = { malformed: 'no-marker', score: null };

/** An iteration as the loop leaves it. */
function iteration(prompts: readonly (readonly Partial<Candidate>[])[], rho = 0): Rollout[] {
  const rollouts = prompts.map((candidates, position) =>
    rollout(
      withLengthControl(
        candidates.map((each, index) => candidate({ index, text: `text ${index}`, score: 0, ...each })),
        rho,
      ),
      { none: 'all-equal' },
      {},
      { position },
    ),
  );
  return new PairDecider(prompts.length, recipe.malformedShare).decide(rollouts);
}
const scoresOf = (rollouts: readonly Rollout[]) =>
  new Map(rollouts.map((r) => [r.position, r.candidates.map(({ score }) => score)]));

describe('with the old scores', () => {
  it('nothing changes, malformed ones, limits and length control included', () => {
    const prompts = [
      [{ score: 1, responseTokens: 9 }, { score: 2, responseTokens: 30 }, bad],
      [bad, { score: 1 }, { score: 1 }],
      [bad, bad],
      [{ score: 3 }, { score: null }, bad],
      [{ score: 1 }, { score: 1 }],
    ];
    for (const rho of [0, 0.4]) {
      const rollouts = iteration(prompts, rho);
      const again = rejudge(rollouts, scoresOf(rollouts), { ...recipe, rho });
      expect(again.map((r) => r.pair)).toEqual(rollouts.map((r) => r.pair));
      expect(again.map((r) => r.s)).toEqual(rollouts.map((r) => r.candidates.map(({ s }) => s)));
    }
  });
});

describe('with other scores', () => {
  const rollouts = iteration([
    [{ score: 1 }, { score: 2 }, { score: 3 }],
    [{ score: 1 }, { score: 1 }],
    [{ score: 1 }, { score: 2 }],
  ]);
  const changes = (...scores: (number | null)[][]) =>
    rejudge(rollouts, new Map(scores.entries()), recipe).map((r, i) => pairChange(at(rollouts, i).pair, r.pair));

  it.each<[(number | null)[], string]>([
    [[1, 2, 3], 'same'],
    [[10, 20, 25], 'same'],
    [[1, 3, 2], 'other-chosen'],
    [[2, 1, 3], 'other-rejected'],
    [[3, 2, 1], 'swapped'],
    [[2, 3, 1], 'other-both'],
    [[5, 5, 5], 'lost'],
    [[null, null, null], 'lost'],
    [[null, 1, 2], 'other-rejected'],
  ])('%j: %s', (scores, change) => {
    expect(changes(scores)).toEqual([change]);
  });

  it('a pair may be gained, and the prompts that still wait hold the others back', () => {
    expect(changes([1, 2, 3], [0, 1], [2, 1])).toEqual(['same', 'gained', 'swapped']);
    expect(
      rejudge(
        rollouts,
        new Map([
          [0, [1, 2, 3]],
          [2, [1, 2]],
        ]),
        recipe,
      ).map(({ position }) => position),
    ).toEqual([0]);
    expect(rejudge(rollouts, new Map(), recipe)).toEqual([]);
  });

  it('gives a malformed candidate no score, and rejects so many as the share allows', () => {
    const [first, second] = rejudge(
      iteration([
        [{ score: 1 }, bad],
        [{ score: 1 }, bad],
      ]),
      new Map([
        [0, [1, 9]],
        [1, [1, 9]],
      ]),
      recipe,
    );
    expect(first?.pair).toEqual({ chosen: 0, rejected: 1, rejectedMalformed: true });
    expect(first?.s).toEqual([0, null]);
    expect(second?.pair).toEqual({ none: 'all-equal' });
  });

  it('uses length control as the recipe says', () => {
    const long = iteration([
      [
        { score: 1, responseTokens: 5 },
        { score: 2, responseTokens: 90 },
        { score: 1.9, responseTokens: 5 },
      ],
    ]);
    const scores = scoresOf(long);
    expect(at(rejudge(long, scores, recipe), 0).pair).toEqual(pair(1, 0));
    expect(at(rejudge(long, scores, { ...recipe, rho: 0.5 }), 0).pair).toEqual(pair(2, 0));
  });
});

it('names a change', () => {
  expect(pairChange(null, { none: 'all-equal' })).toBe('same');
  expect(pairChange({ none: 'all-equal' }, { none: 'judge-failed' })).toBe('same');
  expect(pairChange(null, pair(0, 1))).toBe('gained');
  expect(pairChange(pair(0, 1), { none: 'all-equal' })).toBe('lost');
});

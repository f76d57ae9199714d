import { describe, expect, it } from 'vitest';
import { Random } from '../../lib/random';
import { judgeCallsPerPrompt } from '../../recipe/judges/calls';
import { PAIRINGS } from '../../recipe/recipe';
import { type Meeting, schedule } from './pairing';

/** Plays all rounds, with random points. */
function played(pairing: (typeof PAIRINGS)[number], k: number, rounds: number, seed: number): Meeting[][] {
  const random = new Random(seed, 'standing');
  const plan = schedule(pairing, k, rounds, seed);
  return Array.from({ length: plan.rounds }, (_, round) => [
    ...plan.meetings(
      round,
      Array.from({ length: k }, () => random.below(4)),
    ),
  ]);
}

describe('every schedule', () => {
  const recipe = { judge: 'self', evaluationJudge: 'same', panel: '', judgeMethod: 'comparison' } as const;
  for (const pairing of PAIRINGS) {
    it(`${pairing}: plays the predicted number of games, no two candidates twice, and none against itself`, () => {
      for (let k = 0; k <= 12; k++) {
        for (const rounds of [1, 2, 3, 5, 10]) {
          for (const seed of [1, 2, 3]) {
            const meetings = played(pairing, k, rounds, seed).flat();
            expect(2 * meetings.length).toBe(judgeCallsPerPrompt({ ...recipe, pairing, swissRounds: rounds }, k));
            const keys = meetings.map(([m, n]) => `${Math.min(m, n)} ${Math.max(m, n)}`);
            expect(new Set(keys).size).toBe(keys.length);
            expect(meetings.every(([m, n]) => m !== n && m >= 0 && n >= 0 && m < k && n < k)).toBe(true);
          }
        }
      }
    });
  }
});

it('lets every two meet (all), or everyone meet the first (baseline)', () => {
  expect(played('all', 3, 1, 1)).toEqual([
    [
      [0, 1],
      [0, 2],
      [1, 2],
    ],
  ]);
  expect(played('baseline', 3, 1, 1)).toEqual([
    [
      [0, 1],
      [0, 2],
    ],
  ]);
});

describe('swiss', () => {
  it('lets everyone play once per round, against one with similar points', () => {
    const plan = schedule('swiss', 8, 2, 1);
    const first = plan.meetings(0, new Array<number>(8).fill(0));
    expect(new Set(first.flat()).size).toBe(8);
    const winners = first.map(([m]) => m);
    const second = plan.meetings(
      1,
      Array.from({ length: 8 }, (_, m) => (winners.includes(m) ? 2 : -2)),
    );
    expect(new Set(second.flat()).size).toBe(8);
    for (const [m, n] of second) expect(winners.includes(m)).toBe(winners.includes(n));
  });

  it('lets another candidate sit out in each round', () => {
    const rounds = played('swiss', 5, 5, 4);
    const out = rounds.map((meetings) => [0, 1, 2, 3, 4].filter((m) => !meetings.flat().includes(m)));
    expect(new Set(out.slice(0, 3).flat()).size).toBe(3);
  });

  it('breaks ties at random, by the seed', () => {
    const first = (seed: number) =>
      JSON.stringify(schedule('swiss', 8, 1, seed).meetings(0, new Array<number>(8).fill(0)));
    expect(first(1)).toBe(first(1));
    expect(new Set([1, 2, 3, 4].map(first)).size).toBeGreaterThan(1);
  });
});

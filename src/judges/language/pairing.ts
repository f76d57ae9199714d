/** Decides which candidates are compared. A meeting is two games: each of the two candidates is shown first once. */
import { at } from '../../lib/assert';
import { Random } from '../../lib/random';
import type { Pairing } from '../../recipe/recipe';

export type Meeting = readonly [first: number, second: number];

/** The meetings of a prompt's candidates, in rounds. A round may depend on the results of the rounds before it. */
export interface Schedule {
  readonly rounds: number;
  /** @param points of each candidate after the games so far; more is better */
  meetings(round: number, points: readonly number[]): readonly Meeting[];
}

const upTo = (n: number) => Array.from({ length: n }, (_, i) => i);

/** Every two of k candidates, once. */
const everyTwo = (k: number): Meeting[] => upTo(k).flatMap((n) => upTo(n).map((m): Meeting => [m, n]));

/**
 * A Swiss tournament: rounds of ⌊k/2⌋ meetings, until all have met. From the top of the ranking down, each candidate
 * meets the next one that it has not met. If the last candidates of a round have all met each other, the closest two
 * in the ranking that have not met play a second game in this round, so the number of meetings is known beforehand.
 */
function swiss(k: number, rounds: number, seed: number): Schedule {
  // Candidates with equal points are ranked at random, because their index says nothing about them.
  const tieBreak = new Random(seed, 'swiss').permutation(k);
  const perRound = Math.floor(k / 2);
  const met = new Set<string>();
  const games = new Array<number>(k).fill(0);
  const key = (m: number, n: number) => `${Math.min(m, n)} ${Math.max(m, n)}`;

  return {
    rounds: Math.min(rounds, k % 2 === 0 ? k - 1 : k),
    meetings(_, points) {
      const meetings: Meeting[] = [];
      const meet = (m: number, n: number) => {
        meetings.push([m, n]);
        met.add(key(m, n));
        for (const player of [m, n]) games[player] = at(games, player) + 1;
      };
      const ranking = [...tieBreak].sort((m, n) => at(points, n) - at(points, m));
      // With an odd number of candidates, the lowest of those with the most games sits out.
      const most = Math.max(...games);
      const out = k % 2 === 0 ? undefined : ranking.findLast((m) => games[m] === most);
      const free = ranking.filter((m) => m !== out);
      for (let m = free.shift(); m !== undefined; m = free.shift()) {
        const first = m;
        const next = free.findIndex((n) => !met.has(key(first, n)));
        if (next !== -1) meet(first, at(free.splice(next, 1), 0));
      }
      const rank = (m: number) => ranking.indexOf(m);
      const left = everyTwo(k).sort(([a, b], [c, d]) => Math.abs(rank(a) - rank(b)) - Math.abs(rank(c) - rank(d)));
      for (const [m, n] of left) if (meetings.length < perRound && !met.has(key(m, n))) meet(m, n);
      return meetings;
    },
  };
}

/**
 * `all`: every two candidates meet. `baseline`: every candidate meets the first one. `swiss`: a Swiss tournament.
 * @param rounds for `swiss` only
 */
export function schedule(pairing: Pairing, k: number, rounds: number, seed: number): Schedule {
  switch (pairing) {
    case 'all':
      return { rounds: 1, meetings: () => everyTwo(k) };
    case 'baseline':
      return { rounds: 1, meetings: () => upTo(Math.max(0, k - 1)).map((i): Meeting => [0, i + 1]) };
    case 'swiss':
      return swiss(k, rounds, seed);
    default:
      return pairing satisfies never;
  }
}

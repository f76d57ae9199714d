/** Which candidates meet. Every meeting is two games: each of the two is shown first once. */
import { at } from '../../lib/at';
import { Random } from '../../lib/random';
import type { Pairing } from '../../recipe/recipe';

export type Meeting = readonly [first: number, second: number];

/** Rounds, one after the other; what is known by then decides the next. */
export interface Schedule {
  readonly rounds: number;
  /** @param standing of each candidate after the games so far, higher is better */
  meetings(round: number, standing: readonly number[]): readonly Meeting[];
}

const upTo = (n: number) => Array.from({ length: n }, (_, i) => i);

/** Each against each, once. */
const everyTwo = (k: number): Meeting[] => upTo(k).flatMap((n) => upTo(n).map((m): Meeting => [m, n]));

/**
 * Rounds of ⌊K/2⌋ meetings, until everyone has met everyone: from the top down, each meets the next that it has not met. Who is left over, having met
 * all the others who are, plays a second time: so the number of meetings is known beforehand.
 */
function swiss(k: number, rounds: number, seed: number): Schedule {
  // How candidates are numbered says nothing: at equal standing they are seated at random.
  const seat = new Random(seed, 'swiss').permutation(k);
  const perRound = Math.floor(k / 2);
  const met = new Set<string>();
  const games = new Array<number>(k).fill(0);
  const key = (m: number, n: number) => `${Math.min(m, n)} ${Math.max(m, n)}`;

  return {
    rounds: Math.min(rounds, k % 2 === 0 ? k - 1 : k),
    meetings(_, standing) {
      const meetings: Meeting[] = [];
      const meet = (m: number, n: number) => {
        meetings.push([m, n]);
        met.add(key(m, n));
        for (const player of [m, n]) games[player] = at(games, player) + 1;
      };
      const order = [...seat].sort((m, n) => at(standing, n) - at(standing, m));
      // Of an odd number the lowest of those that have played most sits out.
      const most = Math.max(...games);
      const out = k % 2 === 0 ? undefined : order.findLast((m) => games[m] === most);
      const free = order.filter((m) => m !== out);
      for (let m = free.shift(); m !== undefined; m = free.shift()) {
        const first = m;
        const next = free.findIndex((n) => !met.has(key(first, n)));
        if (next !== -1) meet(first, at(free.splice(next, 1), 0));
      }
      const rank = (m: number) => order.indexOf(m);
      const left = everyTwo(k).sort(([a, b], [c, d]) => Math.abs(rank(a) - rank(b)) - Math.abs(rank(c) - rank(d)));
      for (const [m, n] of left) if (meetings.length < perRound && !met.has(key(m, n))) meet(m, n);
      return meetings;
    },
  };
}

/** @param rounds of `swiss` */
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

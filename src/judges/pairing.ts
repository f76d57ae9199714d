/** Which candidates meet. Every meeting is two games: each of the two is shown first once. */
import { at } from '../lib/at';
import { Random } from '../lib/random';
import { sum } from '../lib/statistics';
import type { Pairing } from '../recipe/recipe';

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
 * K − 1 rounds (K, where it is odd: one sits out) in which everyone meets everyone once: the circle method. Any of its rounds can be
 * played at any time without a meeting twice, so the number of calls is known beforehand.
 */
function circle(k: number): Meeting[][] {
  const even = k + (k % 2);
  const others = even - 1;
  return upTo(others).map((round) =>
    upTo(even / 2)
      .map((i): Meeting => (i === 0 ? [round, others] : [(round + i) % others, (round - i + others) % others]))
      .filter(([m, n]) => m < k && n < k),
  );
}

/** Rounds of those that stand alike: of the circle's rounds that are left, the one with the least distance between ranks. */
function swiss(k: number, rounds: number, seed: number): Schedule {
  // Whose candidates are numbered how says nothing: the circle is laid at random.
  const seat = new Random(seed, 'swiss').permutation(k);
  const left = circle(k).map((meetings) => meetings.map(([m, n]): Meeting => [at(seat, m), at(seat, n)]));
  return {
    rounds: Math.min(rounds, left.length),
    meetings(_, standing) {
      const order = upTo(k).sort((m, n) => at(standing, n) - at(standing, m));
      const rank = upTo(k).map((m) => order.indexOf(m));
      const distance = (meetings: readonly Meeting[]) => sum(meetings.map(([m, n]) => (at(rank, m) - at(rank, n)) ** 2));
      const nearest = left.reduce((best, meetings) => (distance(meetings) < distance(best) ? meetings : best));
      left.splice(left.indexOf(nearest), 1);
      return nearest;
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

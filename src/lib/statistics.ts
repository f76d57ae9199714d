/** Means, spreads, bootstrap intervals, rank correlation and histograms. Everything in double precision. */
import { at } from './assert';
import type { Random } from './random';

export function sum(xs: readonly number[]): number {
  return xs.reduce((total, x) => total + x, 0);
}

/** Null of an empty list. */
export function mean(xs: readonly number[]): number | null {
  return xs.length === 0 ? null : sum(xs) / xs.length;
}

/** The middle value, or the mean of the two middle ones. Null of an empty list. */
export function median(xs: readonly number[]): number | null {
  if (xs.length === 0) return null;
  const sorted = [...xs].sort((a, b) => a - b);
  const half = sorted.length >> 1;
  return sorted.length % 2 === 1 ? at(sorted, half) : (at(sorted, half - 1) + at(sorted, half)) / 2;
}

/**
 * z = (x − mean) / population standard deviation. All z are 0 if that deviation is at most 1e-12 · max(1, |mean|),
 * because the computed deviation of 0.1, 0.1, 0.1 is not exactly 0.
 */
export function zScores(xs: readonly number[]): number[] {
  const m = mean(xs) ?? 0;
  const deviation = Math.sqrt(mean(xs.map((x) => (x - m) ** 2)) ?? 0);
  if (deviation <= 1e-12 * Math.max(1, Math.abs(m))) return xs.map(() => 0);
  return xs.map((x) => (x - m) / deviation);
}

/** The samples of one group, for example of one prompt: their sum and their number. */
export interface Group {
  readonly sum: number;
  readonly count: number;
}

/** The mean over all samples of all groups. Null if there are no samples. */
export function groupMean(groups: readonly Group[]): number | null {
  const count = sum(groups.map((group) => group.count));
  return count === 0 ? null : sum(groups.map((group) => group.sum)) / count;
}

/** No interval is given for fewer groups: with a single one, every resample would be the same. */
export const FEWEST_GROUPS = 5;

/**
 * 95% interval of the mean over all samples, by a percentile bootstrap that resamples whole groups: prompts are
 * independent of one another, the samples of one prompt are not. Null for fewer than `FEWEST_GROUPS` groups with
 * samples.
 */
export function bootstrapInterval(
  groups: readonly Group[],
  random: Random,
  resamples = 2000,
): readonly [number, number] | null {
  const filled = groups.filter((g) => g.count > 0);
  if (filled.length < FEWEST_GROUPS) return null;
  return interval95(
    Array.from({ length: resamples }, () => {
      let total = 0;
      let count = 0;
      for (let i = 0; i < filled.length; i++) {
        const group = at(filled, random.below(filled.length));
        total += group.sum;
        count += group.count;
      }
      return total / count;
    }),
  );
}

/** Percentiles 2.5 and 97.5 of bootstrapped values. */
export function interval95(values: readonly number[]): readonly [number, number] {
  const sorted = Float64Array.from(values).sort();
  const quantile = (q: number) => at(sorted, Math.min(sorted.length - 1, Math.floor(q * sorted.length)));
  return [quantile(0.025), quantile(0.975)];
}

/** The scores of one scorer, by item. Null for an item that it did not score. */
type Scores = readonly (number | null)[];

/** The order of every pair of items: 1, 0 or −1, or null if one of the two has no score. */
function ordersOf(scores: Scores): (number | null)[] {
  return scores.flatMap((a, m) => scores.slice(0, m).map((b) => (a === null || b === null ? null : Math.sign(a - b))));
}

/** Among the pairs of items that both scorers order: how many they order alike, and how many oppositely. */
function compare(a: Scores, b: Scores): { readonly alike: number; readonly opposite: number } {
  const others = ordersOf(b);
  const products = ordersOf(a).map((order, i) => (order ?? 0) * (others[i] ?? 0));
  return { alike: products.filter((x) => x > 0).length, opposite: products.filter((x) => x < 0).length };
}

/**
 * How often two scorers contradict each other: the share of oppositely ordered pairs of items, over all pairs of
 * scorers. 0.5 is chance. Null if no two scorers order the same pair.
 */
export function disagreement(scorers: readonly Scores[]): number | null {
  const all = scorers.flatMap((a, i) => scorers.slice(0, i).map((b) => compare(a, b)));
  const opposite = all.reduce((total, each) => total + each.opposite, 0);
  const ordered = all.reduce((total, each) => total + each.alike, opposite);
  return ordered === 0 ? null : opposite / ordered;
}

/** Counts of values in intervals of equal, round width. */
export interface Histogram {
  /** Start of the first interval. */
  readonly from: number;
  readonly width: number;
  readonly counts: readonly number[];
  /** Number of values. */
  readonly values: number;
  readonly median: number;
  /** The largest value. */
  readonly longest: number;
}

const MAX_INTERVALS = 24;

/**
 * A histogram of whole numbers from 0 on. Outliers (above twice the 99th percentile) count in the last interval, so
 * that they do not flatten the rest.
 */
export function histogram(values: readonly number[]): Histogram {
  const sorted = values.toSorted((a, b) => a - b);
  const quantile = (share: number) => sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? 0;
  const longest = sorted.at(-1) ?? 0;
  const shown = Math.max(1, Math.min(longest, 2 * quantile(0.99)));
  const width = roundWidth((shown + 1) / MAX_INTERVALS);
  const counts: number[] = new Array(Math.floor(shown / width) + 1).fill(0);
  for (const value of sorted) {
    const i = Math.min(counts.length - 1, Math.floor(value / width));
    counts[i] = (counts[i] ?? 0) + 1;
  }
  return { from: 0, width, counts, values: values.length, median: quantile(0.5), longest };
}

/** The smallest of 1, 2, 5, 10, 20, 50, … that is at least `least`. */
function roundWidth(least: number): number {
  const power = 10 ** Math.floor(Math.log10(Math.max(1, least)));
  return [1, 2, 5, 10].map((step) => step * power).find((width) => width >= least) ?? 10 * power;
}

/** Means, spreads and a bootstrap interval. Everything in double precision. */
import { at } from './at';
import type { Random } from './random';

export function sum(xs: readonly number[]): number {
  return xs.reduce((total, x) => total + x, 0);
}

/** null of nothing. */
export function mean(xs: readonly number[]): number | null {
  return xs.length === 0 ? null : sum(xs) / xs.length;
}

/** The middle value, of an even number the mean of the two middle ones; null of nothing. */
export function median(xs: readonly number[]): number | null {
  if (xs.length === 0) return null;
  const sorted = [...xs].sort((a, b) => a - b);
  const half = sorted.length >> 1;
  return sorted.length % 2 === 1 ? at(sorted, half) : (at(sorted, half - 1) + at(sorted, half)) / 2;
}

/**
 * z = (x − mean) / population standard deviation. 0 for all where that deviation is at most 1e-12 · max(1, |mean|): the
 * computed deviation of 0.1, 0.1, 0.1 is not exactly 0.
 */
export function zScores(xs: readonly number[]): number[] {
  const m = mean(xs) ?? 0;
  const deviation = Math.sqrt(mean(xs.map((x) => (x - m) ** 2)) ?? 0);
  if (deviation <= 1e-12 * Math.max(1, Math.abs(m))) return xs.map(() => 0);
  return xs.map((x) => (x - m) / deviation);
}

/** Samples that belong together (those of one prompt) as their sum and their number. */
export interface Group {
  readonly sum: number;
  readonly count: number;
}

/** Mean over all samples of the groups; null without any. */
export function groupMean(groups: readonly Group[]): number | null {
  const count = sum(groups.map((group) => group.count));
  return count === 0 ? null : sum(groups.map((group) => group.sum)) / count;
}

/** Fewer groups say nothing of those that were not drawn: of one, every resample is the same. */
export const FEWEST_GROUPS = 5;

/**
 * 95% interval of the mean over all samples, by resampling whole groups (percentile bootstrap): samples of one prompt are not
 * independent, prompts are. null of fewer than 5 groups with samples.
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

/** Percentiles 2.5 and 97.5 of what a bootstrap gave. */
export function interval95(values: readonly number[]): readonly [number, number] {
  const sorted = Float64Array.from(values).sort();
  const quantile = (q: number) => at(sorted, Math.min(sorted.length - 1, Math.floor(q * sorted.length)));
  return [quantile(0.025), quantile(0.975)];
}

/** How often values fall into intervals of one round width. */
export interface Histogram {
  /** Begin of the first interval, and the width of each. */
  readonly from: number;
  readonly width: number;
  readonly counts: readonly number[];
  readonly values: number;
  readonly median: number;
  readonly longest: number;
}

const MOST = 24;

/** Of whole numbers from 0 on. What is far beyond the others (above the 99th percentile doubled) falls into the last interval. */
export function histogram(values: readonly number[]): Histogram {
  const sorted = values.toSorted((a, b) => a - b);
  const at = (share: number) => sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? 0;
  const longest = sorted.at(-1) ?? 0;
  const shown = Math.max(1, Math.min(longest, 2 * at(0.99)));
  const width = roundWidth((shown + 1) / MOST);
  const counts: number[] = new Array(Math.floor(shown / width) + 1).fill(0);
  for (const value of sorted) {
    const place = Math.min(counts.length - 1, Math.floor(value / width));
    counts[place] = (counts[place] ?? 0) + 1;
  }
  return { from: 0, width, counts, values: values.length, median: at(0.5), longest };
}

/** The next of 1, 2, 5, 10, 20, 50, … */
function roundWidth(least: number): number {
  const power = 10 ** Math.floor(Math.log10(Math.max(1, least)));
  return [1, 2, 5, 10].map((step) => step * power).find((width) => width >= least) ?? 10 * power;
}

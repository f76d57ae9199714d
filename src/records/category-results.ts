/** A 95% interval; null if there are too few prompts for one. */
type Interval = readonly [number, number] | null;

/** The results of an evaluation on the prompts of one category. */
export interface CategoryResult {
  readonly category: string;
  /** The number of prompts. Null if it was not stored. */
  readonly prompts: number | null;
  /** The number of prompts with a reference answer. Null if it was not stored. */
  readonly checkable: number | null;
  /** The share of samples that the rule finds right, 0 … 1. Null without reference answers. */
  readonly accuracy: number | null;
  readonly accuracyInterval: Interval;
  /** The mean score of the judged samples. Null if none has a score. */
  readonly meanScore: number | null;
  readonly meanScoreInterval: Interval;
}

/** The part of an evaluation that has results by category. */
export interface Categorised {
  readonly accuracy: number | null;
  readonly categories?: readonly CategoryResult[];
  /** In older runs, which have no `categories`: accuracy or, without reference answers, the mean score. */
  readonly byCategory?: Readonly<Record<string, number>>;
}

/** Whether accuracy covers every prompt, so that a mean score would add nothing. */
export const allAccurate = (results: readonly CategoryResult[]): boolean =>
  results.every(({ accuracy, prompts, checkable }) => accuracy !== null && prompts === checkable);

/** The results by category, ordered by name. For an older run, the only number that was stored for each. */
export function categoryResults({ accuracy, categories, byCategory = {} }: Categorised): readonly CategoryResult[] {
  if (categories) return categories;
  const names = Object.keys(byCategory).sort();
  return names.map((category) => {
    const value = byCategory[category] ?? null;
    const result = accuracy === null ? { accuracy: null, meanScore: value } : { accuracy: value, meanScore: null };
    return { category, prompts: null, checkable: null, accuracyInterval: null, meanScoreInterval: null, ...result };
  });
}

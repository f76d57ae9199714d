type Interval = readonly [number, number] | null;

/** What an evaluation comes to on the prompts of one category. */
export interface CategoryResult {
  readonly category: string;
  /** null where it was not kept. */
  readonly prompts: number | null;
  /** Of them, those with a reference answer. */
  readonly checkable: number | null;
  readonly accuracy: number | null;
  readonly accuracyInterval: Interval;
  readonly meanScore: number | null;
  readonly meanScoreInterval: Interval;
}

export interface Categorised {
  readonly accuracy: number | null;
  readonly categories?: readonly CategoryResult[];
  /** Of runs of before there were `categories`: accuracy, where there is any, else the mean score. */
  readonly byCategory?: Readonly<Record<string, number>>;
}

/** Whether each can be checked: a score beside says nothing more. */
export const allAccurate = (results: readonly CategoryResult[]): boolean =>
  results.every(({ accuracy, prompts, checkable }) => accuracy !== null && prompts === checkable);

/** An evaluation by category, in order of the names; of a run of before, the one number that was kept of each. */
export function categoryResults({ accuracy, categories, byCategory = {} }: Categorised): readonly CategoryResult[] {
  if (categories) return categories;
  const names = Object.keys(byCategory).sort();
  return names.map((category) => {
    const value = byCategory[category] ?? null;
    const of = accuracy === null ? { accuracy: null, meanScore: value } : { accuracy: value, meanScore: null };
    return { category, prompts: null, checkable: null, accuracyInterval: null, meanScoreInterval: null, ...of };
  });
}

/**
 * The measure by which policies are ranked on the held-out prompts. The best checkpoint, the early stop, the warning
 * that training made the model worse, the first chart and the model card all use the same one.
 */

/** A 95% interval; null if there are too few prompts for one. */
type Interval = readonly [number, number] | null;

/** In order of precedence. */
const MEASURES = ['accuracy', 'wins', 'score'] as const;
export type Measure = (typeof MEASURES)[number];

export const MEASURE_NAMES: Readonly<Record<Measure, string>> = {
  accuracy: 'accuracy',
  wins: 'win rate against the seed model',
  score: 'mean score',
};

/** The part of an evaluation that ranks it. */
export interface Ranked {
  readonly iteration: number;
  readonly prompts: number;
  readonly checkable?: number;
  readonly accuracy: number | null;
  readonly accuracyInterval: Interval;
  readonly meanScore: number | null;
  readonly meanScoreInterval: Interval;
  readonly winRates?: readonly {
    readonly against: 'seed' | 'direct';
    readonly rate: number;
    readonly interval: Interval;
  }[];
}

/** Whether every held-out prompt has a reference answer. Older runs do not say; they count as if it were so. */
export const allCheckable = ({ prompts, checkable = prompts }: Pick<Ranked, 'prompts' | 'checkable'>): boolean =>
  checkable >= prompts;

/** The value of an evaluation by a measure, with its 95% interval. Null if it has none. */
export function rankOf(
  evaluation: Ranked,
  measure: Measure,
): { readonly value: number; readonly interval: Interval } | null {
  const { iteration, accuracy, accuracyInterval, meanScore, meanScoreInterval, winRates = [] } = evaluation;
  switch (measure) {
    case 'accuracy':
      return accuracy === null || !allCheckable(evaluation) ? null : { value: accuracy, interval: accuracyInterval };
    case 'wins': {
      // Against itself, the seed model wins half.
      if (iteration === 0) return { value: 0.5, interval: null };
      const won = winRates.find(({ against }) => against === 'seed');
      return won ? { value: won.rate, interval: won.interval } : null;
    }
    case 'score':
      return meanScore === null ? null : { value: meanScore, interval: meanScoreInterval };
    default:
      return measure satisfies never;
  }
}

/**
 * The first measure that all evaluations have: accuracy, if every held-out prompt can be checked; else the win rate
 * against the seed model, in which a malformed sample loses; else the mean score, which ignores malformed samples.
 * Null if there is none, or without evaluations.
 */
export function heldoutMeasure(evaluations: readonly Ranked[]): Measure | null {
  if (evaluations.length === 0) return null;
  return MEASURES.find((measure) => evaluations.every((evaluation) => rankOf(evaluation, measure) !== null)) ?? null;
}

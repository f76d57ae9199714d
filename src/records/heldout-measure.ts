/**
 * By which number a policy is ranked on the held-out prompts: one and the same for the best checkpoint, the early stop, the warning that
 * training made it worse, the first chart and the model card.
 */

type Interval = readonly [number, number] | null;

/** In the order in which they lead. */
const MEASURES = ['accuracy', 'wins', 'score'] as const;
export type Measure = (typeof MEASURES)[number];

export const MEASURE_NAMES: Readonly<Record<Measure, string>> = {
  accuracy: 'accuracy',
  wins: 'win rate against the seed model',
  score: 'mean score',
};

/** The part of an evaluation that is ranked; as src/tpo/types.ts has it. */
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

/** Whether every held-out prompt has an answer to check. Evaluations of before do not say, and are believed. */
export const allCheckable = ({ prompts, checkable = prompts }: Pick<Ranked, 'prompts' | 'checkable'>): boolean =>
  checkable >= prompts;

/** An evaluation's number by the measure, with its 95% interval; null where it has none. */
export function rankOf(
  evaluation: Ranked,
  measure: Measure,
): { readonly value: number; readonly interval: Interval } | null {
  const { iteration, accuracy, accuracyInterval, meanScore, meanScoreInterval, winRates = [] } = evaluation;
  switch (measure) {
    case 'accuracy':
      return accuracy === null || !allCheckable(evaluation) ? null : { value: accuracy, interval: accuracyInterval };
    case 'wins': {
      // Against itself the seed model wins half.
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
 * The first that all of the evaluations have: accuracy, where every held-out prompt can be checked; the win rate against the seed model, in
 * which a malformed sample is lost; the mean score, which knows nothing of the malformed. null where there is none, and of no evaluations.
 */
export function heldoutMeasure(evaluations: readonly Ranked[]): Measure | null {
  if (evaluations.length === 0) return null;
  return MEASURES.find((measure) => evaluations.every((evaluation) => rankOf(evaluation, measure) !== null)) ?? null;
}

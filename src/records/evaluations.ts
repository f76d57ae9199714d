/** Evaluations on held-out prompts, the measure that ranks them, and their results by category. */

import type { Arm } from '../recipe/recipe';
import type { JudgeFacts } from './judgements';

/** How often a policy wins against another one on the held-out prompts, sample against sample. */
export interface WinRate {
  /** The seed model of the same arm, or the direct arm after the same iteration. */
  readonly against: 'seed' | 'direct';
  /** Share of samples won, 0 … 1. A tie is half a win; a malformed sample loses to a well-formed one. */
  readonly rate: number;
  /** 95%, by a paired bootstrap over prompts. Null for too few prompts. */
  readonly interval: readonly [number, number] | null;
  /** The rate predicted for equal lengths. Null if it cannot be fitted. */
  readonly lengthControlled: number | null;
  readonly lengthControlledInterval: readonly [number, number] | null;
  /** The number of prompts with a verdict on at least one sample. */
  readonly prompts: number;
  /** Samples without a verdict, which do not count. Older runs do not have it. */
  readonly unparsed?: number;
  /** The rate in each category. */
  readonly byCategory: Readonly<Record<string, number>>;
  /** 95% intervals of `byCategory`; null for too few prompts. Older runs do not have them. */
  readonly byCategoryInterval?: Readonly<Record<string, readonly [number, number] | null>>;
}

/**
 * By how much the thinking arm is better than the direct arm on the prompts of one category, after the same
 * iteration.
 */
export interface CategoryDifference {
  readonly category: string;
  readonly prompts: number;
  /** Thinking minus direct, −1 … 1. */
  readonly difference: number;
  /** 95%, by a paired bootstrap over prompts. Null for too few prompts. */
  readonly interval: readonly [number, number] | null;
}

export interface CategoryDifferences {
  /**
   * `accuracy`: difference in the share of correct samples. `wins`: share of samples won minus share lost. `score`:
   * difference in mean scores, only in older runs.
   */
  readonly measure: Measure;
  /** The largest difference first. */
  readonly categories: readonly CategoryDifference[];
}

/** How a policy does on the held-out prompts. */
export interface Evaluation extends Categorised {
  /** 0 … N; 0 is the seed model. */
  readonly iteration: number;
  readonly arm: Arm;
  /** The number of held-out prompts. */
  readonly prompts: number;
  /** The number of prompts that the rule can check. Older runs do not have it. */
  readonly checkable?: number;
  /** The number of samples per prompt. */
  readonly samples: number;
  /** Share of samples that the rule finds right, 0 … 1. Null if it can check no prompt. */
  readonly accuracy: number | null;
  /** 95%, by a bootstrap over prompts. */
  readonly accuracyInterval: readonly [number, number] | null;
  /** Mean score of the judged samples. Null if none has a score. */
  readonly meanScore: number | null;
  /** 95%, by a bootstrap over prompts. */
  readonly meanScoreInterval: readonly [number, number] | null;
  /** Share of samples that are malformed, 0 … 1. */
  readonly malformed: number;
  /** Well-formed samples (for a relative judge, comparisons) without a verdict. Older runs do not have it. */
  readonly unparsed?: { readonly count: number; readonly of: number };
  /** Mean over the well-formed samples, as `responseTokens`. Null if all are malformed. */
  readonly thoughtTokens: number | null;
  readonly responseTokens: number | null;
  /** Name of the judge. */
  readonly judge: string;
  /**
   * How reliable the judge is, if it is not the judge of the training. Only the first seed model's has control rows.
   */
  readonly judgeFacts?: JudgeFacts;
  /** The thinking arm's win rate against the direct arm is added once that arm has been evaluated. */
  readonly winRates: readonly WinRate[];
  /** Only for the thinking arm, once the direct arm has been evaluated. */
  readonly differences?: CategoryDifferences;
  /** Time of generation and judge. */
  readonly seconds: number;
  /** The judge's part of `seconds`. Older runs do not have it. */
  readonly judgeSeconds?: number;
}

/** A 95% interval. Null if there are too few prompts for one. */
type Interval = readonly [number, number] | null;

/** The results of an evaluation on the prompts of one category. */
export interface CategoryResult {
  readonly category: string;
  /** The number of prompts. Null if it was not stored. */
  readonly prompts: number | null;
  /** The number of prompts that the rule can check. Null if it was not stored. */
  readonly checkable: number | null;
  /** The share of samples that the rule finds right, 0 … 1. Null if it can check no prompt. */
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
  /** In older runs, which have no `categories`: accuracy or, if the rule can check no prompt, the mean score. */
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

/** Whether the rule can check every held-out prompt. Older runs do not store it; true is assumed. */
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

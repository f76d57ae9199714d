/** Evaluations on held-out prompts. Types only. */

import type { Arm } from '../recipe/recipe';
import type { Categorised } from './category-results';
import type { Measure } from './heldout-measure';
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
  /** The number of prompts with a reference answer. Older runs do not have it. */
  readonly checkable?: number;
  /** The number of samples per prompt. */
  readonly samples: number;
  /** Share of samples that the rule finds right, 0 … 1. Null without reference answers. */
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

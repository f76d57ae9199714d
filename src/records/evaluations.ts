/** Evaluations on held-out prompts. Types only. */

import type { Arm } from '../recipe/recipe';
import type { Categorised } from './category-results';
import type { Measure } from './heldout-measure';
import type { JudgeFacts } from './judgements';

/** A policy against another one on the held-out prompts, sample by sample, both orders. */
export interface WinRate {
  /** The seed model of the same arm, or the direct arm after the same iteration. */
  readonly against: 'seed' | 'direct';
  /** A tie is half a win; a malformed sample loses to a well-formed one. */
  readonly rate: number;
  /** 95%, paired bootstrap over prompts. */
  readonly interval: readonly [number, number] | null;
  /** What it would be at equal lengths; null where it cannot be fitted. */
  readonly lengthControlled: number | null;
  readonly lengthControlledInterval: readonly [number, number] | null;
  /** Of those with a verdict on at least one of their samples. */
  readonly prompts: number;
  /** Samples on which the judge came to no verdict: they count for neither. */
  readonly unparsed?: number;
  readonly byCategory: Readonly<Record<string, number>>;
  /** 95%; null of too few prompts. */
  readonly byCategoryInterval?: Readonly<Record<string, readonly [number, number] | null>>;
}

/** The thinking arm less the direct arm after the same iteration, on the prompts of one category. */
export interface CategoryDifference {
  readonly category: string;
  readonly prompts: number;
  readonly difference: number;
  /** 95%, paired bootstrap over prompts. */
  readonly interval: readonly [number, number] | null;
}

export interface CategoryDifferences {
  /** Of shares of right samples; or the share of the samples won less the share lost. `score`, of mean scores, is of runs of before. */
  readonly measure: Measure;
  /** The greatest first. */
  readonly categories: readonly CategoryDifference[];
}

export interface Evaluation extends Categorised {
  readonly iteration: number;
  readonly arm: Arm;
  readonly prompts: number;
  /** Of the prompts: those with a reference answer. */
  readonly checkable?: number;
  readonly samples: number;
  /** Share of samples the rule finds right, with a 95% interval (bootstrap over prompts); null without reference answers. */
  readonly accuracy: number | null;
  readonly accuracyInterval: readonly [number, number] | null;
  /** Of the well-formed samples. */
  readonly meanScore: number | null;
  readonly meanScoreInterval: readonly [number, number] | null;
  /** Share of the samples. */
  readonly malformed: number;
  /** Well-formed samples, or comparisons, on which the judge came to no verdict. */
  readonly unparsed?: { readonly count: number; readonly of: number };
  /** Means over the well-formed samples: a malformed one has no response to measure. null where all are. */
  readonly thoughtTokens: number | null;
  readonly responseTokens: number | null;
  /** Name of the judge of the scores. */
  readonly judge: string;
  /** How far it is to be believed, where it is not the judge of the training; its control rows are with the seed model's. */
  readonly judgeFacts?: JudgeFacts;
  /** The thinking arm's against direct comes when the direct arm of the same iteration has been evaluated. */
  readonly winRates: readonly WinRate[];
  /** Of the thinking arm, once the direct arm has been evaluated. */
  readonly differences?: CategoryDifferences;
  readonly seconds: number;
  /** The judge's part of them. Evaluations of before do not say. */
  readonly judgeSeconds?: number;
}

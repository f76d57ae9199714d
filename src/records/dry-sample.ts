/** The dry sample: a few completions that are generated before a run, to see how the model does. Types only. */

import type { Arm, Recipe } from '../recipe/recipe';
import type { Malformed } from './candidates';

/** One completion of a dry sample, parsed. */
export interface DryCompletion {
  readonly promptId: string;
  readonly instruction: string;
  /** The whole completion, without the end-of-turn token. */
  readonly text: string;
  readonly thought: string;
  readonly response: string;
  readonly malformed: Malformed | null;
  /** The number of tokens. */
  readonly tokens: number;
}

/** How a model does with the recipe's format. */
export interface DrySample {
  readonly arm: Arm;
  /** The longest completion allowed, in tokens. */
  readonly limit: number;
  readonly completions: readonly DryCompletion[];
  /** The number of malformed completions. */
  readonly malformed: number;
  /** Mean length of a completion. */
  readonly meanTokens: number;
  /** Over all completions together. Null if no time passed. */
  readonly tokensPerSecond: number | null;
  /** A sentence with the result. */
  readonly finding: string;
  /** What to change if most are malformed. Otherwise null. */
  readonly advice: string | null;
  /** The recipe's field that the advice names. */
  readonly field: keyof Recipe | null;
}

export interface DryProgress {
  readonly phase: 'load' | 'generate';
  /** While loading, tensors; then prompts. */
  readonly done: number;
  readonly total: number;
  /** Tokens generated so far. */
  readonly tokens: number;
  readonly tokensPerSecond: number | null;
}

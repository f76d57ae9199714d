/** The dry sample: a few completions before a run. Types only. */

import type { Arm, Recipe } from '../recipe/recipe';
import type { Malformed } from './candidates';

/** One completion of a dry sample, parsed. */
export interface DryCompletion {
  readonly promptId: string;
  readonly instruction: string;
  /** As it was written, without the end of turn. */
  readonly text: string;
  readonly thought: string;
  readonly response: string;
  readonly malformed: Malformed | null;
  readonly tokens: number;
}

/** What a model does with the recipe's format, found out before a run. */
export interface DrySample {
  readonly arm: Arm;
  /** Longest completion, in tokens. */
  readonly limit: number;
  readonly completions: readonly DryCompletion[];
  /** How many of them. */
  readonly malformed: number;
  readonly meanTokens: number;
  /** Of all completions together. */
  readonly tokensPerSecond: number | null;
  /** A sentence with the numbers. */
  readonly finding: string;
  /** The way out where most are malformed, and the recipe's field it names; else null. */
  readonly advice: string | null;
  readonly field: keyof Recipe | null;
}

export interface DryProgress {
  readonly phase: 'load' | 'generate';
  /** Tensors that are loaded, then prompts that are answered. */
  readonly done: number;
  readonly total: number;
  /** Written so far. */
  readonly tokens: number;
  readonly tokensPerSecond: number | null;
}
